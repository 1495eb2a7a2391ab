package struct BlobStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// No room left; nothing was stored.
        case full
        /// The device failed a write or an fsync. The store takes nothing more until it is opened again.
        case degraded
        case tooLarge
        case failed
    }
    package let kind: Kind
    /// What was done to what, and why it failed; no secret.
    package let description: String
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

package struct NamedBlob: Sendable, Equatable {
    package let name: HoldingKey
    package let bytes: [UInt8]
    package init(name: HoldingKey, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

package struct DiskRoom: Sendable, Equatable {
    package let freeBytes: Int64
    package let totalBytes: Int64
    package init(freeBytes: Int64, totalBytes: Int64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }
}

/// Keeps stored blobs by name.
///
/// - Durable and atomic: when `put` returns, every blob of the call and its directory entry survive a power cut; a reader
///   sees a whole blob or none. One call is one round of fsyncs (group commit).
/// - Idempotent: putting a name again replaces it; removing what is not there succeeds.
/// - A failed or cancelled `put` leaves whole blobs or nothing; none of them counts as stored.
package protocol BlobStore: Sendable {
    func put(_ blobs: [NamedBlob]) async throws(BlobStoreError)
    /// `nil` when there is no such blob.
    func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]?
    func remove(_ names: [HoldingKey]) async throws(BlobStoreError)
    /// Moves a damaged blob out of the way, where a person can look at it.
    func quarantine(_ name: HoldingKey) async throws(BlobStoreError)
    /// Throws `.degraded` when the store takes nothing more.
    func room() async throws(BlobStoreError) -> DiskRoom
    /// Names in ascending order after `name`, for rebuilding the index and for finding orphans.
    func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey]
}
