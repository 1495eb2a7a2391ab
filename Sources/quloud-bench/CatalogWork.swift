import QuloudCore
import QuloudCrypto
import QuloudSQLite

/// The owner's side: what it asks of its catalog while it places, audits, reports, starts and backs up again.
struct CatalogWork {
    let path: String
    let chunks: Int
    private let nodes: SyntheticNodes
    private let owner: OwnerKeys
    private let mailbox: SealedBox.KeyPair

    init(path: String, chunks: Int) throws {
        self.path = path
        self.chunks = chunks
        nodes = try SyntheticNodes()
        owner = try OwnerKeys(root: SecretBytes(copying: [UInt8](repeating: 1, count: OwnerKeys.rootCount)))
        mailbox = try owner.mailbox(epoch: 1)
    }

    /// Receipts that come with one delivery of the broker at most, and replicas that are planned at once.
    private static let receipts = 64
    private static let page = 384
    /// Chunks put in with one transaction.
    private static let filled = 10_000

    func run(_ stopwatch: Stopwatch) async throws {
        let catalog = try await SQLiteOwnerCatalog.open(at: path)
        try await fill(catalog)
        try await receive(catalog, stopwatch)
        try await plan(catalog, stopwatch)
        for _ in 0..<101 {
            try await stopwatch.measure(part: "status (catalog)") {
                _ = try await catalog.summary()
                _ = try await catalog.snapshots()
                _ = try await catalog.lastAudit()
                _ = try await catalog.nextAuditDue()
                return 1
            }
        }
        try await recognise(catalog, stopwatch)
        try await catalog.close()
        try await start(stopwatch)
    }

    private func fill(_ catalog: SQLiteOwnerCatalog) async throws {
        for first in stride(from: 0, to: chunks, by: Self.filled) {
            let numbers = first..<min(first + Self.filled, chunks)
            try await catalog.prepare(numbers.map(Synthetic.prepared))
            try await catalog.record(numbers.flatMap(nodes.accepted))
            let directories = Dictionary(grouping: numbers) { $0 / Synthetic.filesPerDirectory }
            try await catalog.apply(
                directories.map { directory, files in
                    CacheChange(
                        directory: Synthetic.directory(directory), changed: files.map(Synthetic.file), removed: [])
                })
        }
    }

    /// Receipts of chunks that were just published: opened, checked, and put on record.
    private func receive(_ catalog: SQLiteOwnerCatalog, _ stopwatch: Stopwatch) async throws {
        let each = Self.receipts / Synthetic.quorum
        let times = 51
        try await catalog.prepare((chunks..<chunks + each * times).map(Synthetic.prepared))
        for time in 0..<times {
            let first = chunks + each * time
            let numbers = first..<first + each
            let envelope = try ReceiptEnvelope.seal(
                numbers.flatMap(nodes.receipts), to: MailboxID(mailbox.publicKey))
            try await stopwatch.measure("receiving an ack") {
                let genuine = try ReceiptEnvelope.open(envelope, with: mailbox).genuine
                let accepted = zip(genuine, numbers.flatMap { [Int](repeating: $0, count: Synthetic.quorum) }).map {
                    nodes.accepted($1, $0)
                }
                guard accepted.count == each * Synthetic.quorum else { throw WrongAnswer("\(accepted.count) receipts") }
                try await stopwatch.measure(part: "receiving an ack: recording it (catalog)") {
                    try await catalog.record(accepted)
                    return accepted.count
                }
                return accepted.count
            }
        }
    }

    /// Takes what is due on one day, looks its chunks up, and makes the key of each; then puts the next audit off, as proofs do.
    private func plan(_ catalog: SQLiteOwnerCatalog, _ stopwatch: Stopwatch) async throws {
        for _ in 0..<15 {
            var due: [Replica] = []
            try await stopwatch.measure("planning an audit") {
                try await stopwatch.measure(part: "planning an audit: what is due (catalog)") {
                    due = try await catalog.replicasDue(by: Synthetic.endOfFirstDay, limit: Self.page)
                    _ = try await catalog.chunks(Array(Set(due.map(\.chunk))))
                    return due.count
                }
                for replica in due { try makeKey(replica) }
                return due.count
            }
            for index in due.indices {
                due[index].nextAudit = due[index].nextAudit.advanced(by: .seconds(30 * 86_400))
            }
            try await stopwatch.measure(part: "recording a proof (catalog)") {
                try await catalog.update(due)
                return due.count
            }
        }
    }

    private func makeKey(_ replica: Replica) throws {
        guard let node = nodes.known.first(where: { $0.id == replica.node }) else { throw WrongAnswer("a node") }
        _ = try owner.pairwiseKey(
            ownership: owner.ownershipKeys(of: replica.chunk), agreementKey: node.agreementKey, chunk: replica.chunk)
    }

    /// What an unchanged backup asks: the files of a folder, and whether their chunks are still stored.
    private func recognise(_ catalog: SQLiteOwnerCatalog, _ stopwatch: Stopwatch) async throws {
        let directories = chunks / Synthetic.filesPerDirectory
        for time in 0..<101 {
            let number = Int(Synthetic.mixed(UInt64(time)) % UInt64(directories))
            try await stopwatch.measure(part: "an unchanged file (catalog)") {
                let files = try await catalog.cached(in: Synthetic.directory(number))
                let known = try await catalog.chunks(
                    files.flatMap { try FileContent.decode($0.content).map(\.chunk.id) })
                guard known.count == files.count else {
                    throw WrongAnswer("\(known.count) of \(files.count) chunks known")
                }
                return files.count
            }
        }
    }

    /// What an owner's node does before it serves and in its first round.
    private func start(_ stopwatch: Stopwatch) async throws {
        for _ in 0..<31 {
            var opened: SQLiteOwnerCatalog?
            try await stopwatch.measure(part: "start-up (catalog)") {
                let catalog = try await SQLiteOwnerCatalog.open(at: path)
                opened = catalog
                _ = try await catalog.head()
                _ = try await catalog.mailboxes()
                try await catalog.raiseQuorum(to: Synthetic.quorum)
                _ = try await catalog.nextAuditDue()
                _ = try await catalog.chunksBelowQuorum(after: nil, limit: 1)
                return 1
            }
            try await opened?.close()
        }
    }
}

/// The adapter did not answer what was put in.
struct WrongAnswer: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
