/// What may be found after a crash: for each thing that was written, the values that it may have.
///
/// What was acknowledged has one value only. What failed, or was under way, may have been done or not.
package struct CrashLedger: Sendable {
    package typealias Values = [String: [UInt8]]

    private var allowed: [String: Set<[UInt8]?>] = [:]

    package init(_ values: Values = [:]) { allowed = values.mapValues { [$0] } }

    /// The values that are certain.
    var certain: Values { allowed.compactMapValues { $0.count == 1 ? $0.first ?? nil : nil } }

    package mutating func acknowledge(_ change: CrashChange) {
        for (key, values) in change.values { allowed[key] = [values.last ?? nil] }
    }

    /// Some of the change may have happened.
    package mutating func attempt(_ change: CrashChange) {
        for (key, values) in change.values { allowed[key, default: [nil]].formUnion(values) }
    }

    /// What is wrong with `found`; nothing when all is as it may be.
    package func contradictions(_ found: Values) -> [String] {
        Set(allowed.keys).union(found.keys).sorted().compactMap { key in
            let permitted = allowed[key] ?? [nil]
            guard !permitted.contains(found[key]) else { return nil }
            let text = found[key].map { "\($0.count) bytes \(String(decoding: $0.prefix(60), as: UTF8.self))" }
            return "\(key) is \(text ?? "missing"), which it may not be"
        }
    }
}

/// What an action changes: for each thing the values it takes one after the other, `nil` for its absence.
package struct CrashChange: Sendable {
    package let values: [String: [[UInt8]?]]
    /// All of it is seen, or nothing.
    package let isAtomic: Bool

    package init(_ values: [String: [[UInt8]?]], isAtomic: Bool = false) {
        self.values = values
        self.isAtomic = isAtomic
    }

    /// Why `found` is neither the state before nor the state after, where it must be one of them.
    func halfSeen(in found: CrashLedger.Values, before: CrashLedger.Values) -> String? {
        guard isAtomic else { return nil }
        let isOld = values.keys.allSatisfy { found[$0] == before[$0] }
        let isNew = values.allSatisfy { found[$0.key] == ($0.value.last ?? nil) }
        return isOld || isNew
            ? nil : "only a part is seen of a change of \(values.keys.sorted().joined(separator: ", "))"
    }
}
