import QuloudDaemon

/// `quloud doctor`: find what is wrong with this node.
struct DoctorCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "doctor", summary: "check configuration, keys, broker, disk and clock",
        options: [],
        help: """
            Usage: quloud doctor [options]

            Checks the configuration, the keys and their modes, the broker and its limits, the disk
            and the kind of its file system, the clock, and versions with known holes. Says of each
            finding what to do. Exit status 1: something has to be changed.

            Examples:
              quloud doctor
              quloud doctor --config /etc/quloud/node.toml
            """
    ) { _ throws(UsageError) in .doctor(DoctorCommand()) }
}

extension DoctorCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let findings = await findings(session)
        if session.options.json {
            for finding in findings { session.output.result(finding, text: "") }
        } else {
            session.output.text(findings.text)
        }
        return try session.conclude(findings.failure)
    }

    /// A configuration that cannot be read is a finding too, and then the only one.
    private func findings(_ session: Session) async -> [DoctorFinding] {
        do {
            let loaded = try session.existingNode()
            return await QuloudNode.examine(loaded.configuration, configurationFile: loaded.file)
        } catch {
            let failure = Failure(error)
            return failure.messages.map { DoctorFinding(.bad, "configuration", $0, hint: failure.hint ?? "") }
        }
    }
}
