package import QuloudCore
import Synchronization

/// A batch that keeps its blobs in memory until they are committed.
package final class CollectedBlobs: BlobBatch {
    package typealias Step = @Sendable ([NamedBlob]) async throws(BlobStoreError) -> Void

    private let blobs = Mutex<[NamedBlob]?>([])
    private let admit: Step
    private let put: Step

    /// - Parameters:
    ///   - admit: gets a blob that is to be added; throws when it cannot be written.
    ///   - put: stores all blobs.
    package init(admit: @escaping Step = { _ in }, put: @escaping Step) {
        self.admit = admit
        self.put = put
    }

    package func add(_ blob: NamedBlob) async throws(BlobStoreError) {
        try await admit([blob])
        blobs.withLock { $0?.append(blob) }
    }

    package func commit() async throws(BlobStoreError) {
        let taken = blobs.withLock { blobs in
            defer { blobs = nil }
            return blobs
        }
        guard let taken else { throw BlobStoreError(.failed, "cannot store blobs: committed before") }
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
