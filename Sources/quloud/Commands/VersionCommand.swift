import QuloudDaemon
import QuloudSystem

/// `quloud version`
struct VersionCommand: Sendable, Equatable {
    /// The version of the program, and the one of the protocol that it speaks.
    static let version = QuloudVersion.text
    static let protocolVersion = QuloudVersion.wire

    func run(_ output: Output) {
        output.result(
            ["version": .string(Self.version), "protocol": .string(Self.protocolVersion)],
            text: "quloud \(Self.version), protocol \(Self.protocolVersion)")
    }

    static let definition = CommandDefinition(
        name: "version", summary: "tell the version",
        options: [],
        help: """
            Usage: quloud version [options]

            Tells the version of the program and of the protocol that it speaks.

            Examples:
              quloud version
              quloud version --json
            """
    ) { _ throws(UsageError) in .version(VersionCommand()) }
}
