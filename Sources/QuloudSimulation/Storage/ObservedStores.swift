import QuloudCore
import QuloudTestKit
import Synchronization

/// Who uses a holder's stores, and who looks on: what is confirmed is durable from then on.
struct Onlooker: Sendable {
    let node: NodeID
    let oracle: Oracle
    /// False once the process that uses them is dead: what it was told does not count any more.
    let isAlive: @Sendable () -> Bool
}

struct ObservedIndex: ChunkIndex, HeadStore {
    let inner: HolderStores
    let onlooker: Onlooker
    private var node: NodeID { onlooker.node }
    private var oracle: Oracle { onlooker.oracle }
    private func isAlive() -> Bool { onlooker.isAlive() }

    init(_ inner: HolderStores, _ onlooker: Onlooker) {
        self.inner = inner
        self.onlooker = onlooker
    }

    func commit(_ holdings: [Holding]) async throws(ChunkIndexError) {
        if isAlive() { oracle.willCommit(holdings, at: node) }
        try await inner.index.commit(holdings)
        if isAlive() { oracle.committed(holdings, at: node) }
    }
    func remove(_ keys: [HoldingKey]) async throws(ChunkIndexError) {
        if isAlive() { oracle.removesRows(keys, at: node) }
        try await inner.index.remove(keys)
    }
    func keep(_ record: [UInt8], sequence: UInt64, for key: HeadKey) async throws(ChunkIndexError) -> Bool {
        let isKept = try await inner.heads.keep(record, sequence: sequence, for: key)
        if isKept, isAlive() { oracle.keptHead(sequence, at: node) }
        return isKept
    }
    var takesChanges: Bool { get async { await inner.index.takesChanges } }
    func head(for key: HeadKey) async throws(ChunkIndexError) -> [UInt8]? { try await inner.heads.head(for: key) }
    func holdings(of chunks: [ChunkID]) async throws(ChunkIndexError) -> [ChunkID: [Holding]] {
        try await inner.index.holdings(of: chunks)
    }
    func hasGroup(_ tag: [UInt8], otherThan chunk: ChunkID) async throws(ChunkIndexError) -> Bool {
        try await inner.index.hasGroup(tag, otherThan: chunk)
    }
    func usage() async throws(ChunkIndexError) -> HolderUsage { try await inner.index.usage() }
    func expired(before moment: Timestamp, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        try await inner.index.expired(before: moment, limit: limit)
    }
    func holdings(after key: HoldingKey?, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        try await inner.index.holdings(after: key, limit: limit)
    }
}

struct ObservedBlobs: BlobStore {
    let inner: any BlobStore
    let onlooker: Onlooker
    private var node: NodeID { onlooker.node }
    private var oracle: Oracle { onlooker.oracle }
    private func isAlive() -> Bool { onlooker.isAlive() }

    init(_ inner: any BlobStore, _ onlooker: Onlooker) {
        self.inner = inner
        self.onlooker = onlooker
    }

    func batch() -> any BlobBatch { ObservedBatch(inner: inner.batch(), onlooker: onlooker) }
    func remove(_ names: [HoldingKey]) async throws(BlobStoreError) {
        if isAlive() { oracle.removesBlobs(names, at: node) }
        try await inner.remove(names)
    }
    func quarantine(_ name: HoldingKey) async throws(BlobStoreError) {
        if isAlive() { oracle.quarantines(name, at: node) }
        try await inner.quarantine(name)
    }
    func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? {
        let bytes = try await inner.read(name)
        if bytes != nil, isAlive() { oracle.reads(name, at: node) }
        return bytes
    }
    func room() async throws(BlobStoreError) -> DiskRoom { try await inner.room() }
    func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] {
        try await inner.names(after: name, limit: limit)
    }
}

private final class ObservedBatch: BlobBatch {
    let inner: any BlobBatch
    let onlooker: Onlooker
    private let added = Mutex<[NamedBlob]>([])

    init(inner: any BlobBatch, onlooker: Onlooker) {
        self.inner = inner
        self.onlooker = onlooker
    }

    func add(_ blob: NamedBlob) async throws(BlobStoreError) {
        onlooker.oracle.sees([blob.bytes], in: "a stored blob")
        try await inner.add(blob)
        added.withLock { $0.append(blob) }
    }
    func commit() async throws(BlobStoreError) {
        try await inner.commit()
        if onlooker.isAlive() { onlooker.oracle.put(added.withLock { $0 }, at: onlooker.node) }
    }
}

/// A store that says that it stored, and does not: what a holder uses that lies.
struct HollowBlobs: BlobStore {
    let inner: any BlobStore
    let isHollow: @Sendable () -> Bool

    func batch() -> any BlobBatch {
        CollectedBlobs(put: { (blobs) throws(BlobStoreError) in
            guard !isHollow() else { return }
            try await inner.put(blobs)
        })
    }
    func remove(_ names: [HoldingKey]) async throws(BlobStoreError) { try await inner.remove(names) }
    func quarantine(_ name: HoldingKey) async throws(BlobStoreError) { try await inner.quarantine(name) }
    func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? {
        isHollow() ? nil : try await inner.read(name)
    }
    func room() async throws(BlobStoreError) -> DiskRoom { try await inner.room() }
    func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] {
        try await inner.names(after: name, limit: limit)
    }
}
