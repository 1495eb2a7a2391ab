package struct BlobStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// No room left; what was to be written is not stored.
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

    /// A batch was used after its end.
    package static let committedBefore = Self(.failed, "cannot store blobs: committed before")
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

/// Blobs that become durable together, in one round of fsyncs (group commit). Each is written as soon as it is there, so that
/// memory holds none of them for long. Some tens to a batch: each may be an open file until it is committed.
///
/// - Durable and atomic: when `commit` returns, every blob added and its directory entry survive a power cut; a reader sees a
///   whole blob or none, and none before `commit`.
/// - A failed or cancelled `commit` leaves whole blobs or nothing; none of them counts as stored. What is never committed
///   leaves nothing.
package protocol BlobBatch: Sendable {
    /// Writes a blob. Several may be added at the same time; of one name that stays whose call ended last.
    /// - Throws: the blob is not part of the batch; those added before still are.
    func add(_ blob: NamedBlob) async throws(BlobStoreError)
    /// After the last blob; throws when it is called again.
    func commit() async throws(BlobStoreError)
}

/// Keeps stored blobs by name. Putting a name again replaces it; removing what is not there succeeds.
package protocol BlobStore: Sendable {
    func batch() -> any BlobBatch
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
