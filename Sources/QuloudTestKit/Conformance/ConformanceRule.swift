/// One rule of a port's contract, checked against an adapter. A suite is an enum of such rules, so that each is reported
/// on its own.
package protocol ConformanceRule: RawRepresentable, CaseIterable, Sendable where RawValue == String {}

/// An adapter broke a rule of its port's contract.
package struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    package let rule: String
    package let what: String
    package var description: String { "\(rule): \(what)" }
}

extension ConformanceRule {
    /// Throws `ConformanceFailure` unless `condition` holds.
    func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(ConformanceFailure) {
        guard condition else { throw ConformanceFailure(rule: rawValue, what: what()) }
    }

    /// Throws `ConformanceFailure` unless both are equal, naming both.
    func require<Value: Equatable>(
        _ found: Value, is expected: Value, _ what: @autoclosure () -> String
    ) throws(ConformanceFailure) {
        try require(found == expected, "\(what()): expected \(expected), found \(found)")
    }
}

/// A freshly opened, empty adapter, and how to open the same storage again.
package struct PortUnderTest<Port: Sendable>: Sendable {
    package let port: Port
    /// Closes the adapter if it has to be, and opens what it kept again. A twin in memory returns itself.
    package let reopen: @Sendable () async throws -> Port

    package init(_ port: Port, reopen: @escaping @Sendable () async throws -> Port) {
        self.port = port
        self.reopen = reopen
    }
}
