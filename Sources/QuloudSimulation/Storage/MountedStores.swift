import QuloudCore
import QuloudTestKit

/// A holder's index as one opening of it shows it.
struct MountedIndex: ChunkIndex, HeadStore {
    let mount: Mount
    let inner: InMemoryChunkIndex

    private func write(_ change: @escaping Mount.Change) async throws(ChunkIndexError) {
        switch await mount.write([change], to: .index) {
        case .done: return
        case .full: throw .full("disk full")
        case .degraded: throw .failed("an earlier write failed")
        case .dead, .failed: throw .failed("device error")
        }
    }
    private func look() async throws(ChunkIndexError) {
        guard await mount.read() else { throw .failed("device error") }
    }

    var takesChanges: Bool { get async { !mount.isDegraded(.index) } }
    func commit(_ holdings: [Holding]) async throws(ChunkIndexError) {
        let inner = inner
        try await write { try? await inner.commit(holdings) }
    }
    func remove(_ keys: [HoldingKey]) async throws(ChunkIndexError) {
        let inner = inner
        try await write { try? await inner.remove(keys) }
    }
    func holdings(of chunks: [ChunkID]) async throws(ChunkIndexError) -> [ChunkID: [Holding]] {
        try await look()
        return try await inner.holdings(of: chunks)
    }
    func hasGroup(_ tag: [UInt8], otherThan chunk: ChunkID) async throws(ChunkIndexError) -> Bool {
        try await look()
        return try await inner.hasGroup(tag, otherThan: chunk)
    }
    func usage() async throws(ChunkIndexError) -> HolderUsage {
        try await look()
        return try await inner.usage()
    }
    func expired(before moment: Timestamp, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        try await look()
        return try await inner.expired(before: moment, limit: limit)
    }
    func holdings(after key: HoldingKey?, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        try await look()
        return try await inner.holdings(after: key, limit: limit)
    }
    func keep(_ record: [UInt8], sequence: UInt64, for key: HeadKey) async throws(ChunkIndexError) -> Bool {
        try await look()
        if let kept = try await inner.head(for: key), let head = try? CatalogHead.verified(kept),
            head.sequence >= sequence
        {
            return false
        }
        let inner = inner
        try await write { _ = try? await inner.keep(record, sequence: sequence, for: key) }
        return try await inner.head(for: key) == record
    }
    func head(for key: HeadKey) async throws(ChunkIndexError) -> [UInt8]? {
        try await look()
        return try await inner.head(for: key)
    }
}

/// A holder's blobs as one opening of the store shows them.
struct MountedBlobs: BlobStore {
    let mount: Mount
    let inner: InMemoryBlobStore

    private func write(_ parts: [Mount.Change], _ operation: String) async throws(BlobStoreError) {
        switch await mount.write(parts, to: .blobs) {
        case .done: return
        case .full: throw BlobStoreError(.full, "\(operation): disk full")
        case .degraded: throw BlobStoreError(.degraded, "\(operation): an earlier write failed")
        case .dead, .failed: throw BlobStoreError(.failed, "\(operation): device error")
        }
    }
    private func look(_ operation: String) async throws(BlobStoreError) {
        guard await mount.read() else { throw BlobStoreError(.failed, "\(operation): device error") }
    }

    func batch() -> any BlobBatch {
        CollectedBlobs(put: { [inner] (blobs) throws(BlobStoreError) in
            try await write(blobs.map { blob in { try? await inner.put([blob]) } }, "store")
        })
    }
    func remove(_ names: [HoldingKey]) async throws(BlobStoreError) {
        let inner = inner
        try await write(names.map { name in { try? await inner.remove([name]) } }, "remove")
    }
    func quarantine(_ name: HoldingKey) async throws(BlobStoreError) {
        let inner = inner
        try await write([{ try? await inner.quarantine(name) }], "quarantine")
    }
    func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? {
        try await look("read")
        return try await inner.read(name)
    }
    func room() async throws(BlobStoreError) -> DiskRoom {
        guard !mount.isDegraded(.blobs) else { throw BlobStoreError(.degraded, "an earlier write failed") }
        try await look("look for room")
        return try await inner.room()
    }
    func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] {
        try await look("list")
        return try await inner.names(after: name, limit: limit)
    }
}
