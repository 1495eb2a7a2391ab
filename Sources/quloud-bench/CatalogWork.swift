import QuloudCore
import QuloudSQLite

/// The owner's side: what it asks of its catalog while it places, audits, reports, starts and backs up again.
struct CatalogWork {
    let path: String
    let chunks: Int

    /// Receipts that come with one delivery of the broker at most, and replicas that are planned at once.
    private static let receipts = 64
    private static let page = 384

    func run(_ stopwatch: inout Stopwatch) async throws {
        let catalog = try await SQLiteOwnerCatalog.open(at: path)
        try await fill(catalog)
        try await receive(catalog, &stopwatch)
        try await plan(catalog, &stopwatch)
        try await stopwatch.measure("status (catalog)", times: 101) { _ in
            _ = try await catalog.summary()
            _ = try await catalog.snapshots()
            _ = try await catalog.lastAudit()
            _ = try await catalog.nextAuditDue()
            return 1
        }
        try await recognise(catalog, &stopwatch)
        try await catalog.close()
        try await start(&stopwatch)
    }

    private func fill(_ catalog: SQLiteOwnerCatalog) async throws {
        for first in stride(from: 0, to: chunks, by: 1000) {
            let numbers = first..<min(first + 1000, chunks)
            try await catalog.prepare(numbers.map(Synthetic.prepared))
            try await catalog.record(numbers.flatMap(Synthetic.accepted))
            let directories = Dictionary(grouping: numbers) { $0 / Synthetic.filesPerDirectory }
            try await catalog.apply(
                directories.map { directory, files in
                    CacheChange(
                        directory: Synthetic.directory(directory), changed: files.map(Synthetic.file), removed: [])
                })
        }
    }

    /// Receipts of chunks that were just published.
    private func receive(_ catalog: SQLiteOwnerCatalog, _ stopwatch: inout Stopwatch) async throws {
        let each = Self.receipts / Synthetic.quorum
        let times = 51
        try await catalog.prepare((chunks..<chunks + each * times).map(Synthetic.prepared))
        try await stopwatch.measure("receiving an ack (owner)", times: times) { time in
            let first = chunks + each * time
            let accepted = (first..<first + each).flatMap(Synthetic.accepted)
            try await catalog.record(accepted)
            return accepted.count
        }
    }

    /// Draws what is due, looks its chunks up, and puts the next audit off, as an audit does.
    private func plan(_ catalog: SQLiteOwnerCatalog, _ stopwatch: inout Stopwatch) async throws {
        try await stopwatch.measure("planning an audit", times: 9) { _ in
            var due = try await catalog.replicasDue(by: Synthetic.endOfFirstDay, limit: Self.page)
            _ = try await catalog.chunks(Array(Set(due.map(\.chunk))))
            for index in due.indices {
                due[index].nextAudit = due[index].nextAudit.advanced(by: .seconds(30 * 86_400))
            }
            try await catalog.update(due)
            return due.count
        }
    }

    /// What an unchanged backup asks: the files of a folder, and whether their chunks are still stored.
    private func recognise(_ catalog: SQLiteOwnerCatalog, _ stopwatch: inout Stopwatch) async throws {
        let directories = chunks / Synthetic.filesPerDirectory
        try await stopwatch.measure("unchanged backup (catalog)", times: 101) { time in
            let number = Int(Synthetic.mixed(UInt64(time)) % UInt64(directories))
            let files = try await catalog.cached(in: Synthetic.directory(number))
            let known = try await catalog.chunks(
                files.flatMap { try FileContent.decode($0.content).map(\.chunk.id) })
            guard known.count == files.count else { throw WrongAnswer("\(known.count) of \(files.count) chunks known") }
            return files.count
        }
    }

    /// What an owner's node does before it serves and in its first round.
    private func start(_ stopwatch: inout Stopwatch) async throws {
        try await stopwatch.measure("start-up (catalog)", times: 9) { _ in
            let catalog = try await SQLiteOwnerCatalog.open(at: path)
            _ = try await catalog.head()
            _ = try await catalog.mailboxes()
            try await catalog.raiseQuorum(to: Synthetic.quorum)
            _ = try await catalog.nextAuditDue()
            _ = try await catalog.chunksBelowQuorum(after: nil, limit: 1)
            try await catalog.close()
            return 1
        }
    }
}

/// The adapter did not answer what was put in.
struct WrongAnswer: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
