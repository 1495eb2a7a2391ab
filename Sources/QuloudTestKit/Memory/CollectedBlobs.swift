package import QuloudCore
import Synchronization

/// A batch that keeps its blobs in memory until they are committed.
package final class CollectedBlobs: BlobBatch {
    package typealias Put = @Sendable ([NamedBlob]) async throws(BlobStoreError) -> Void

    private let blobs = Mutex<[NamedBlob]>([])
    private let put: Put

    /// - Parameter put: stores them all, or none.
    package init(_ put: @escaping Put) { self.put = put }

    package func add(_ blob: NamedBlob) async throws(BlobStoreError) { blobs.withLock { $0.append(blob) } }

    package func commit() async throws(BlobStoreError) { try await put(blobs.withLock { $0 }) }
}
