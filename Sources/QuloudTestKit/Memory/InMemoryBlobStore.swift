package import QuloudCore
import Synchronization

/// A blob store that forgets everything with the process.
package final class InMemoryBlobStore: BlobStore {
    private struct State {
        var blobs: [HoldingKey: [UInt8]] = [:]
        var quarantined: [HoldingKey: [UInt8]] = [:]
        var used: Int64 = 0
        var isDegraded = false
        var refusals = 0
    }
    private let state = Mutex(State())
    private let totalBytes: Int64

    /// - Parameter totalBytes: room for blobs; a batch that would exceed it throws `.full` and stores nothing.
    package init(totalBytes: Int64 = 1 << 40) { self.totalBytes = totalBytes }

    package func batch() -> any BlobBatch {
        CollectedBlobs { () throws(BlobStoreError) in
            try self.admit()
        } put: { (blobs) throws(BlobStoreError) in
            try self.store(blobs)
        }
    }

    private func admit() throws(BlobStoreError) {
        let isRefused = state.withLock { state in
            guard state.refusals > 0 else { return false }
            state.refusals -= 1
            return true
        }
        if isRefused { throw BlobStoreError(.full, "write a blob: no room left") }
    }

    private func store(_ blobs: [NamedBlob]) throws(BlobStoreError) {
        try state.withLock { (state) throws(BlobStoreError) in
            guard !state.isDegraded else { throw Self.degraded }
            var next = state
            for blob in blobs {
                next.used += Int64(blob.bytes.count) - Int64(next.blobs[blob.name]?.count ?? 0)
                next.blobs[blob.name] = blob.bytes
            }
            guard next.used <= totalBytes else {
                throw BlobStoreError(.full, "store \(blobs.count) blobs: no room left")
            }
            state = next
        }
    }

    package func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? {
        state.withLock { $0.blobs[name] }
    }

    package func remove(_ names: [HoldingKey]) async throws(BlobStoreError) {
        state.withLock { state in
            for name in names { state.used -= Int64(state.blobs.removeValue(forKey: name)?.count ?? 0) }
        }
    }

    package func quarantine(_ name: HoldingKey) async throws(BlobStoreError) {
        state.withLock { state in
            // Still takes room, as it does on a disk.
            guard let blob = state.blobs.removeValue(forKey: name) else { return }
            state.used -= Int64(state.quarantined.updateValue(blob, forKey: name)?.count ?? 0)
        }
    }

    package func room() async throws(BlobStoreError) -> DiskRoom {
        try state.withLock { (state) throws(BlobStoreError) in
            guard !state.isDegraded else { throw Self.degraded }
            return DiskRoom(freeBytes: max(totalBytes - state.used, 0), totalBytes: totalBytes)
        }
    }

    package func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] {
        state.withLock { state in
            let later = state.blobs.keys.filter { key in name.map { key > $0 } ?? true }
            return Array(later.sorted().prefix(max(limit, 0)))
        }
    }

    private static let degraded = BlobStoreError(.degraded, "store blobs: an earlier write failed")

    /// The next so many blobs find no room.
    package func refuse(next count: Int) { state.withLock { $0.refusals = count } }

    /// From now on as after a failed sync: what is there is read, nothing more is taken.
    package func degrade() { state.withLock { $0.isDegraded = true } }

    /// Blobs in quarantine, by name.
    package var quarantined: [HoldingKey: [UInt8]] { state.withLock { $0.quarantined } }

    /// Changes a stored blob behind the store's back, as a failing disk does. Does nothing when it is not there.
    package func tamper(with name: HoldingKey, _ change: (inout [UInt8]) -> Void) {
        state.withLock { state in
            guard var bytes = state.blobs[name] else { return }
            change(&bytes)
            state.used += Int64(bytes.count) - Int64(state.blobs[name]?.count ?? 0)
            state.blobs[name] = bytes
        }
    }
}
