import QuloudDaemon

/// `quloud heal`: replace lost replicas now.
struct HealCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "heal", summary: "replace lost replicas now",
        options: [],
        help: """
            Usage: quloud heal [options]

            Places new replicas of every chunk that has fewer valid ones than the quorum. Exit
            status 3: not enough willing holders for some chunks.

            Examples:
              quloud heal
              quloud heal --json
            """
    ) { _ throws(UsageError) in .heal(HealCommand()) }
}

extension HealCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let answer = try await session.perform(.heal)
        guard case .heal(let report) = answer else { throw answer.mismatch }
        session.output.result(report, text: report.text)
        return try session.conclude(report.shortfall)
    }
}
