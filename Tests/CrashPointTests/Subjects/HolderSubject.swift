import QuloudCore
import QuloudFiles
import QuloudSQLite
import QuloudTestKit

@testable import QuloudFiles

/// The holder's store path, in the order of `AcceptChunks`, `ExpireLeases` and the removal of damaged blobs.
struct HolderSubject: CrashSubject {
    static let name = "holder"
    /// Both ways of making a blob: a file without a name, and a temporary one.
    let unnamedFiles: Bool

    struct Opened: Sendable {
        let blobs: FileBlobStore
        let index: SQLiteChunkIndex
    }

    func prepare(_ folder: String) async throws { _ = try await open(folder) }

    func open(_ folder: String) async throws -> Opened {
        var calls = BlobCalls.system
        calls.unnamedFiles = unnamedFiles
        let blobs = try await FileBlobStore.open(Array("\(folder)/blobs".utf8), calls: calls)
        return Opened(blobs: blobs, index: try await SQLiteChunkIndex.open(at: "\(folder)/index"))
    }

    static func bytes(_ key: UInt64) -> [UInt8] { Array(repeating: UInt8(key), count: 900 + Int(key) * 2500) }

    static func row(_ holding: Holding) -> [UInt8] { Array("\(holding)".utf8) }

    func script() -> [CrashAction<Opened>] {
        [store([1, 2, 3]), store([4]), trash(2), store([1]), remove([2]), quarantine(3), store([5, 6])]
    }

    /// The actions of the script that take chunks.
    static let stores = [0, 1, 3, 6]

    /// Each chunk counts by itself: there is no promise that a batch is seen as a whole.
    private func store(_ keys: [UInt64]) -> CrashAction<Opened> {
        var values: [String: [[UInt8]?]] = [:]
        for key in keys {
            values["blob \(key)"] = [Self.bytes(key)]
            values["row \(key)"] = [Self.row(Sample.holding(key, chunk: key))]
        }
        return CrashAction(CrashChange(values)) { opened, _ in
            try await opened.blobs.put(keys.map { NamedBlob(name: .numbered($0), bytes: Self.bytes($0)) })
            try await opened.index.commit(keys.map { Sample.holding($0, chunk: $0) })
        }
    }

    private func trash(_ key: UInt64) -> CrashAction<Opened> {
        let trashed = Sample.holding(key, chunk: key, .trashed, trashedUntil: 5)
        return CrashAction(CrashChange(["row \(key)": [Self.row(trashed)]], isAtomic: true)) { opened, _ in
            try await opened.index.commit([trashed])
        }
    }

    private func remove(_ keys: [UInt64]) -> CrashAction<Opened> {
        var values: [String: [[UInt8]?]] = [:]
        for key in keys { (values["blob \(key)"], values["row \(key)"]) = ([nil], [nil]) }
        return CrashAction(CrashChange(values)) { opened, _ in
            // As the sweep does: what the index does not know as trashed stays.
            let held = try await opened.index.holdings(of: keys.map { .numbered($0) }).values.joined()
            guard held.allSatisfy({ $0.state == .trashed }) else { throw Broken("a holding is not in the trash") }
            try await opened.blobs.remove(keys.map { .numbered($0) })
            try await opened.index.remove(keys.map { .numbered($0) })
        }
    }

    private func quarantine(_ key: UInt64) -> CrashAction<Opened> {
        let damaged = Sample.holding(key, chunk: key, .damaged)
        let change = CrashChange(["blob \(key)": [nil], "row \(key)": [Self.row(damaged)]])
        return CrashAction(change) { opened, _ in
            // Marked first, so that nothing is vouched for that is gone.
            try await opened.index.commit([damaged])
            try await opened.blobs.quarantine(.numbered(key))
        }
    }

    func recover(_ folder: String) async throws -> CrashLedger.Values {
        let opened = try await open(folder)
        try await opened.index.checkIntegrity()
        var found: CrashLedger.Values = [:]
        for name in try await opened.blobs.names(after: nil, limit: 100) {
            found["blob \(name.number)"] = try await opened.blobs.read(name)
        }
        let holdings = try await opened.index.holdings(after: nil, limit: 100)
        for holding in holdings {
            found["row \(holding.key.number)"] = Self.row(holding)
            // Whatever is vouched for is there.
            if holding.state == .stored, found["blob \(holding.key.number)"] == nil {
                throw Broken("a row says that blob \(holding.key.number) is stored")
            }
        }
        let usage = try await opened.index.usage()
        guard usage.chunks == holdings.count, usage.storedBytes == holdings.reduce(0, { $0 + Int64($1.storedSize) })
        else { throw Broken("the usage is not the sum of the rows") }
        return found
    }
}

/// A promise was not kept.
struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Identifier {
    /// The opposite of `numbered`.
    var number: UInt64 { UInt64(description.suffix(16), radix: 16) ?? 0 }
}
