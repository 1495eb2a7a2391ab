import QuloudDaemon

/// `quloud snapshots`: what can be restored.
struct SnapshotsCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "snapshots", summary: "list the snapshots",
        options: [],
        help: """
            Usage: quloud snapshots [options]

            Lists the snapshots, oldest first: id, time, host, files, size, problems, label and
            folders. "quloud status" tells whether every chunk has its quorum.

            Examples:
              quloud snapshots
              quloud snapshots --json
            """
    ) { _ throws(UsageError) in .snapshots(SnapshotsCommand()) }
}

extension SnapshotsCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let answer = try await session.perform(.snapshots)
        guard case .snapshots(let snapshots) = answer else { throw answer.mismatch }
        if snapshots.isEmpty {
            session.output.note("there is no snapshot yet: quloud backup FOLDER makes one")
        } else if session.options.json {
            for snapshot in snapshots { session.output.result(snapshot, text: "") }
        } else {
            session.output.text(snapshots.text(.current))
        }
        return .done
    }
}
