import QuloudDaemon
import Synchronization

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

extension ListCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let output = session.output
        let found = Mutex<[EntryReport]>([])
        let request = ListRequest(snapshot: snapshot.text, path: path)
        let answer = try await session.perform(.list(request)) { entries in
            if session.options.json {
                for entry in entries { output.result(entry, text: "") }
            } else {
                found.withLock { $0 += entries }
            }
        }
        guard case .list = answer else { throw answer.mismatch }
        let listing = Listing(isLong: long, namesOnly: path != nil, time: .current)
        output.text(listing.text(found.withLock { $0 }))
        return .done
    }
}
