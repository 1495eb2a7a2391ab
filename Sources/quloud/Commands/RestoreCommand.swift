import QuloudDaemon

/// `quloud restore`: a snapshot, or a part of it, into a folder.
struct RestoreCommand: Sendable, Equatable {
    var snapshot: SnapshotSelector
    /// Empty: everything.
    var paths: [String] = []
    var to: String
    var overwrite = false

    static let definition = CommandDefinition(
        name: "restore", summary: "bring a snapshot, or paths in it, back into a folder",
        options: [Option("to", value: "DIR"), Option("overwrite")],
        help: """
            Usage: quloud restore SNAPSHOT [PATH...] --to DIR [options]

            Fetches every chunk from a holder that has it, verifies it, and writes the files under
            DIR. No file appears under its name before it is whole. SNAPSHOT is an id from
            "quloud snapshots", the beginning of one, or "latest".

            Options:
              --to DIR            the folder to restore into; made if it is not there
              --overwrite         replace files that are already there (default: refuse)

            Examples:
              quloud restore latest --to /srv/restored
              quloud restore 3f9c /home/ada/Documents --to . --overwrite
            """
    ) { arguments throws(UsageError) in
        let snapshot = SnapshotSelector(try arguments.next("SNAPSHOT"))
        let paths = try arguments.rest("PATH")
        return .restore(
            RestoreCommand(
                snapshot: snapshot, paths: paths, to: try arguments.required("to", called: "DIR"),
                overwrite: arguments.flag("overwrite")))
    }
}

extension RestoreCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let request = RestoreRequest(
            snapshot: snapshot.text, paths: paths, target: session.absolute(to), overwrite: overwrite)
        let answer = try await session.perform(.restore(request))
        guard case .restore(let report) = answer else { throw answer.mismatch }
        session.output.result(report, text: report.text)
        return try session.conclude(report.shortfall)
    }
}
