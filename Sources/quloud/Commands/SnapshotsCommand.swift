/// `quloud snapshots`: what can be restored.
struct SnapshotsCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "snapshots", summary: "list the snapshots",
        options: [],
        help: """
            Usage: quloud snapshots [options]

            Lists the snapshots, oldest first: id, time, label, folders, files, size, and whether
            every chunk has its quorum.

            Examples:
              quloud snapshots
              quloud snapshots --json
            """
    ) { _ throws(UsageError) in .snapshots(SnapshotsCommand()) }
}
