import QuloudCrypto

/// Where a piece of plaintext came from: the owner can read it again there as long as the file is unchanged.
package struct SourcePart: Sendable, Equatable {
    package let path: SystemPath
    package let offset: Int64
    package let length: Int
    package init(path: SystemPath, offset: Int64, length: Int) {
        self.path = path
        self.offset = offset
        self.length = length
    }
}

package enum ChunkPurpose: UInt8, Sendable {
    /// Content of files.
    case data = 0
    /// Manifests and lists of snapshots.
    case metadata = 1
}

/// A chunk as the owner's catalog knows it.
package struct CatalogChunk: Sendable, Equatable {
    package let id: ChunkID
    /// `nil` after a recovery, until the content was seen again.
    package var fingerprint: Fingerprint?
    /// Opens the sealed chunk.
    package let contentKey: Bytes32
    package let plainSize: Int
    package let sealedSize: Int
    package let purpose: ChunkPurpose
    /// How many replicas it is to have.
    package var quorum: Int
    /// Replicas that count, see `ReplicaState.counts`.
    package var liveReplicas: Int
    package let createdAt: Timestamp

    package init(
        id: ChunkID, fingerprint: Fingerprint?, contentKey: Bytes32, plainSize: Int, sealedSize: Int,
        purpose: ChunkPurpose, quorum: Int, liveReplicas: Int = 0, createdAt: Timestamp
    ) {
        self.id = id
        self.fingerprint = fingerprint
        self.contentKey = contentKey
        self.plainSize = plainSize
        self.sealedSize = sealedSize
        self.purpose = purpose
        self.quorum = quorum
        self.liveReplicas = liveReplicas
        self.createdAt = createdAt
    }
}
