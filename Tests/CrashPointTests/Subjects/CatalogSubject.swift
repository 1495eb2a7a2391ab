import QuloudCore
import QuloudSQLite
import QuloudTestKit

/// The owner's catalog in the order of a small backup: journal, receipts, file cache, snapshot with head; then an audit.
struct CatalogSubject: CrashSubject {
    static let name = "catalog"

    func open(_ folder: String) async throws -> SQLiteOwnerCatalog {
        var options = Database.Options()
        options.checkpointPages = 30
        return try await SQLiteOwnerCatalog.open(at: "\(folder)/catalog", options: options)
    }

    func script() -> [CrashAction<SQLiteOwnerCatalog>] {
        [
            prepare(1...4), record([1, 2], on: [1, 2, 3]), record([3], on: [1]), cache("a.txt"), prepare(5...5),
            record([3, 4, 5], on: [1, 2, 3]), snapshot(1), prepare(6...9), record([6, 7], on: [2, 3]),
            lose(1, on: 2), record([6, 7, 8, 9], on: [1, 4, 5]), cache("b.txt"), snapshot(2),
        ]
    }

    private typealias Action = CrashAction<SQLiteOwnerCatalog>

    private func prepare(_ numbers: ClosedRange<UInt64>) -> Action {
        let values = numbers.map { ("chunk \($0)", [Array("quorum 3".utf8)] as [[UInt8]?]) }
        let change = CrashChange(Dictionary(uniqueKeysWithValues: values), isAtomic: true)
        return Action(change) { catalog, _ in try await catalog.prepare(numbers.map { Sample.prepared($0) }) }
    }

    private func record(_ chunks: [UInt64], on nodes: [UInt64]) -> Action {
        let pairs = chunks.flatMap { chunk in nodes.map { (chunk, $0) } }
        let values = pairs.map { ("replica \($0) on \($1)", [Array("valid".utf8)] as [[UInt8]?]) }
        let change = CrashChange(Dictionary(uniqueKeysWithValues: values), isAtomic: true)
        return Action(change) { catalog, _ in
            // Of a chunk that could not be prepared nothing is recorded: no promise.
            guard try await catalog.chunks(chunks.map { .numbered($0) }).count == chunks.count else {
                throw Broken("a chunk is not in the catalog")
            }
            try await catalog.record(pairs.map { Sample.accepted(Sample.replica($0, on: $1)) })
        }
    }

    private func lose(_ chunk: UInt64, on node: UInt64) -> Action {
        let lost = ReplicaState.lost(.refuted, at: Timestamp(seconds: 150))
        let change = CrashChange(["replica \(chunk) on \(node)": [Array("\(lost)".utf8)]], isAtomic: true)
        return Action(change) { catalog, _ in
            let replicas = try await catalog.replicas(of: [.numbered(chunk)]).values.joined()
            guard replicas.contains(where: { $0.node == .numbered(node) }) else { throw Broken("no such replica") }
            try await catalog.update([Sample.replica(chunk, on: node, lost)])
        }
    }

    private func cache(_ name: String) -> Action {
        Action(CrashChange(["file \(name)": [[1, 2, 3]]], isAtomic: true)) { catalog, _ in
            try await catalog.apply([CacheChange(directory: Self.directory, changed: [Sample.file(name)], removed: [])])
        }
    }

    /// Snapshot and head change together.
    private func snapshot(_ number: UInt64) -> Action {
        let head = HeadRecord(sequence: number, bytes: Array("head \(number)".utf8))
        let change = CrashChange(["snapshot \(number)": [Array("there".utf8)], "head": [head.bytes]], isAtomic: true)
        return Action(change) { catalog, _ in
            try await catalog.add(Sample.snapshot(number, at: Int64(number) * 100), head: head)
        }
    }

    private static let directory = Array("/srv".utf8)

    func recover(_ folder: String) async throws -> CrashLedger.Values {
        let catalog = try await open(folder)
        try await catalog.checkIntegrity()
        var found: CrashLedger.Values = [:]
        let ids = (1...9).map { ChunkID.numbered($0) }
        for (id, chunk) in try await catalog.chunks(ids) {
            found["chunk \(id.number)"] = Array("quorum \(chunk.quorum)".utf8)
        }
        for (id, replicas) in try await catalog.replicas(of: ids) {
            for replica in replicas {
                found["replica \(id.number) on \(replica.node.number)"] = Array("\(replica.state)".utf8)
            }
        }
        for file in try await catalog.cached(in: Self.directory) {
            found["file \(String(decoding: file.name, as: UTF8.self))"] = file.content
        }
        let snapshots = try await catalog.snapshots()
        for snapshot in snapshots { found["snapshot \(snapshot.id.number)"] = Array("there".utf8) }
        found["head"] = try await catalog.head()?.bytes
        let counted = try await catalog.summary()
        guard counted.snapshots == snapshots.count,
            counted.replicas.valid == found.values.count(where: { $0 == Array("valid".utf8) })
        else { throw Broken("the counts are not those of the rows") }
        return found
    }
}
