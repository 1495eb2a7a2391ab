import QuloudCore
import QuloudSQLite
import QuloudTestKit

/// The holder's index from its first file on: schema, commits, heads, checkpoints, closing and opening.
struct IndexSubject: CrashSubject {
    static let name = "index"

    func open(_ folder: String) async throws -> SQLiteChunkIndex {
        var options = Database.Options()
        // Often, so that some commits write the log back.
        options.checkpointPages = 20
        return try await SQLiteChunkIndex.open(at: "\(folder)/index", options: options)
    }

    func script() -> [CrashAction<SQLiteChunkIndex>] {
        [
            commit(1...3), head(1, sequence: 1), commit(4...4), remove([2]), commit(5...12), head(1, sequence: 2),
            reopen(), commit(13...14), remove([13, 14, 1]), commit(15...20), head(2, sequence: 1), commit(21...21),
        ]
    }

    private func commit(_ keys: ClosedRange<UInt64>) -> CrashAction<SQLiteChunkIndex> {
        let holdings = keys.map { Sample.holding($0, chunk: $0, group: $0 % 2 == 0 ? 1 : nil) }
        let rows = holdings.map { ("row \($0.key.number)", [HolderSubject.row($0)] as [[UInt8]?]) }
        let change = CrashChange(Dictionary(uniqueKeysWithValues: rows), isAtomic: true)
        return CrashAction(change) { index, _ in try await index.commit(holdings) }
    }

    private func remove(_ keys: [UInt64]) -> CrashAction<SQLiteChunkIndex> {
        let rows = keys.map { ("row \($0)", [nil] as [[UInt8]?]) }
        let change = CrashChange(Dictionary(uniqueKeysWithValues: rows), isAtomic: true)
        return CrashAction(change) { index, _ in try await index.remove(keys.map { .numbered($0) }) }
    }

    private func head(_ key: UInt64, sequence: UInt64) -> CrashAction<SQLiteChunkIndex> {
        let record = Array("head \(key) \(sequence)".utf8)
        return CrashAction(CrashChange(["head \(key)": [record]], isAtomic: true)) { index, _ in
            guard try await index.keep(record, sequence: sequence, for: .numbered(key)) else {
                throw Broken("head \(key) was refused")
            }
        }
    }

    private func reopen() -> CrashAction<SQLiteChunkIndex> {
        CrashAction(CrashChange([:])) { index, folder in
            try await index.close()
            index = try await open(folder)
        }
    }

    func recover(_ folder: String) async throws -> CrashLedger.Values {
        let index = try await open(folder)
        try await index.checkIntegrity()
        var found: CrashLedger.Values = [:]
        let holdings = try await index.holdings(after: nil, limit: 100)
        for holding in holdings { found["row \(holding.key.number)"] = HolderSubject.row(holding) }
        guard try await index.usage().chunks == holdings.count else { throw Broken("the usage is not the rows'") }
        for key in 1...2 as ClosedRange<UInt64> { found["head \(key)"] = try await index.head(for: .numbered(key)) }
        return found
    }
}
