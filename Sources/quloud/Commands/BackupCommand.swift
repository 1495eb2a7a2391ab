import QuloudDaemon

/// `quloud backup`: one snapshot of the given folders and files.
struct BackupCommand: Sendable, Equatable {
    var paths: [String]
    var label: String?
    var excludes: [String] = []
    /// nil: as configured.
    var chunking: ChunkingMethod?

    static let definition = CommandDefinition(
        name: "backup", summary: "back up folders and files as a new snapshot",
        options: [
            Option("label", value: "TEXT"), Option("exclude", value: "PATTERN", isRepeatable: true),
            Option("chunking", value: "METHOD"),
        ],
        help: """
            Usage: quloud backup PATH... [options]

            Cuts, seals and places what has changed, waits for the receipts of the quorum, and
            records a snapshot. Exit status 3: some files could not be read, or some chunks do not
            have enough holders yet; the running node goes on with those.

            Options:
              --label TEXT        a note to find the snapshot by
              --exclude PATTERN   leave out what matches, besides [owner] excludes; may be repeated
              --chunking METHOD   "content" or "fixed" (default: as configured)

            Examples:
              quloud backup ~/Documents
              quloud backup /srv/photos /srv/music --label "before the move"
              quloud backup ~ --exclude "*.tmp" --exclude node_modules
              quloud backup --chunking fixed /var/lib/machines/disk.img
            """
    ) { arguments throws(UsageError) in
        for pattern in arguments.values("exclude") where pattern.contains("\0") {
            throw UsageError("--exclude: a pattern contains a NUL character", hint: arguments.helpHint)
        }
        let chunking = try arguments.setting("chunking", for: "owner.chunking").flatMap { ChunkingMethod(rawValue: $0) }
        let first = try arguments.next("PATH")
        return .backup(
            BackupCommand(
                paths: [first] + (try arguments.rest("PATH")), label: arguments.value("label"),
                excludes: arguments.values("exclude"), chunking: chunking))
    }
}

extension BackupCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let request = BackupRequest(
            paths: paths.map(session.absolute), label: label ?? "", excludes: excludes, chunking: chunking?.rawValue)
        let answer = try await session.perform(.backup(request))
        guard case .backup(let report) = answer else { throw answer.mismatch }
        session.output.result(report, text: report.text)
        return try session.conclude(report.shortfall)
    }
}
