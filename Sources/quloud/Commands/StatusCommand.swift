import QuloudDaemon

/// `quloud status`: what is safe, and what is kept for others.
struct StatusCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "status", summary: "tell what is safe, and what is kept for others",
        options: [],
        help: """
            Usage: quloud status [options]

            For the owner: snapshots, chunks, replicas that are valid, suspect, lost or pending, the
            last and the next audit, and the same for each holder. For the holder: what it keeps for
            others, and how much room is left.

            Examples:
              quloud status
              quloud status --json
            """
    ) { _ throws(UsageError) in .status(StatusCommand()) }
}

extension StatusCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let answer = try await session.perform(.status)
        guard case .status(let report) = answer else { throw answer.mismatch }
        session.output.result(report, text: report.text(.current))
        return .done
    }
}
