package import QuloudCore
import Synchronization

/// A batch that keeps its blobs in memory until they are committed.
package final class CollectedBlobs: BlobBatch {
    /// Nil once they have been committed.
    private let blobs = Mutex<[NamedBlob]?>([])
    private let admit: @Sendable () throws(BlobStoreError) -> Void
    private let put: @Sendable ([NamedBlob]) async throws(BlobStoreError) -> Void

    /// - Parameters:
    ///   - admit: called for each blob that is to be added; throws when it cannot be written.
    ///   - put: stores all blobs.
    package init(
        admit: @escaping @Sendable () throws(BlobStoreError) -> Void = {},
        put: @escaping @Sendable ([NamedBlob]) async throws(BlobStoreError) -> Void
    ) {
        self.admit = admit
        self.put = put
    }

    package func add(_ blob: NamedBlob) async throws(BlobStoreError) {
        try admit()
        guard blobs.withLock({ $0?.append(blob) }) != nil else { throw .committedBefore }
    }

    package func commit() async throws(BlobStoreError) {
        let taken = blobs.withLock { blobs in
            defer { blobs = nil }
            return blobs
        }
        guard let taken else { throw .committedBefore }
        try await put(taken)
    }
}

extension BlobStore {
    /// Puts blobs that are all in memory, not too many in one batch.
    package func put(_ blobs: [NamedBlob]) async throws(BlobStoreError) {
        for start in stride(from: 0, to: blobs.count, by: 64) {
            let batch = batch()
            for blob in blobs[start..<min(start + 64, blobs.count)] { try await batch.add(blob) }
            try await batch.commit()
        }
    }
}
