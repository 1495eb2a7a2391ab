/// `quloud ls`: what is in a snapshot.
struct ListCommand: Sendable, Equatable {
    var snapshot: SnapshotSelector
    /// nil: the roots of the snapshot.
    var path: String?
    var long = false

    static let definition = CommandDefinition(
        name: "ls", summary: "list what is in a snapshot",
        options: [Option("long", letter: "l")],
        help: """
            Usage: quloud ls SNAPSHOT [PATH] [options]

            Lists a folder of a snapshot. SNAPSHOT is an id from "quloud snapshots", the beginning
            of one, or "latest".

            Options:
              --long, -l          with mode, owner, size and time

            Examples:
              quloud ls latest
              quloud ls 3f9c /home/ada/Documents --long
            """
    ) { arguments throws(UsageError) in
        let snapshot = SnapshotSelector(try arguments.next("SNAPSHOT"))
        return .list(
            ListCommand(snapshot: snapshot, path: try arguments.nextIfAny("PATH"), long: arguments.flag("long")))
    }
}
