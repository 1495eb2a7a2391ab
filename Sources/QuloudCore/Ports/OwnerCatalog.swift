package struct CatalogError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable { case damaged, foreign, newerFormat, locked, full, failed }
    package let kind: Kind
    package let description: String
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// The owner's own database.
///
/// - Durable: when a call that changes something returns, the change survives a power cut. One call is one transaction.
/// - Idempotent: every call may be repeated with the same arguments.
/// - A failed or cancelled call changes nothing. Order of results is stated where it matters; pages are bounded by `limit`.
package typealias OwnerCatalog = ChunkCatalog & ReplicaCatalog & SnapshotCatalog & FileCache

/// Which chunks this owner has, and how to open them.
package protocol ChunkCatalog: Sendable {
    func chunks(with fingerprints: [Fingerprint]) async throws(CatalogError) -> [Fingerprint: CatalogChunk]
    func chunks(_ ids: [ChunkID]) async throws(CatalogError) -> [ChunkID: CatalogChunk]
    /// The journal entry that precedes publishing: inserts chunks that are unknown; for known ones sets the fingerprint if
    /// it is missing, raises nothing else, and replaces the source. A fingerprint that another chunk has stays with that one
    /// if it has counting replicas, and moves otherwise.
    func prepare(_ chunks: [PreparedChunk]) async throws(CatalogError)
    /// Where the plaintext can be read again, if it came from files.
    func source(of chunk: ChunkID) async throws(CatalogError) -> [SourcePart]
    /// Chunks with fewer counting replicas than their quorum, in order of id after `id`; those without any replica ever
    /// (prepared, never placed) are left out, unless they were prepared as placed once.
    func chunksBelowQuorum(after id: ChunkID?, limit: Int) async throws(CatalogError) -> [CatalogChunk]
    /// Makes chunks that are wanted on fewer nodes than `quorum` wanted on as many; those wanted on more are left alone.
    func raiseQuorum(to quorum: Int) async throws(CatalogError)
    /// Sealed bytes of metadata chunks, kept locally so that listing needs no fabric.
    func keepSealed(_ sealed: [UInt8], of chunk: ChunkID) async throws(CatalogError)
    func sealed(_ chunk: ChunkID) async throws(CatalogError) -> [UInt8]?
}

package struct PreparedChunk: Sendable {
    package let chunk: CatalogChunk
    package let source: [SourcePart]
    /// It was placed once, as a manifest that names it shows, even if no holder is known now: its absence is a loss.
    package let wasPlaced: Bool
    package init(chunk: CatalogChunk, source: [SourcePart], wasPlaced: Bool = false) {
        self.chunk = chunk
        self.source = source
        self.wasPlaced = wasPlaced
    }
}

/// A replica as it is to be recorded, with the receipt's signature as evidence.
package struct AcceptedReplica: Sendable {
    package let replica: Replica
    package let node: KnownNode
    package let slot: Int
    package let epoch: UInt32
    /// The node's Ed25519 signature under the receipt, 64 bytes.
    package let signature: [UInt8]
    package init(replica: Replica, node: KnownNode, slot: Int, epoch: UInt32, signature: [UInt8]) {
        self.replica = replica
        self.node = node
        self.slot = slot
        self.epoch = epoch
        self.signature = signature
    }
}

/// Counts of replicas by state.
package struct ReplicaCounts: Sendable, Equatable {
    package var valid = 0
    package var suspect = 0
    package var lost = 0
    package init() {}
}

package struct CatalogSummary: Sendable, Equatable {
    package var snapshots = 0
    package var chunks = 0
    package var sealedBytes: Int64 = 0
    /// Chunks with fewer counting replicas than their quorum (never placed ones left out).
    package var chunksBelowQuorum = 0
    /// Chunks placed once that have no counting replica left.
    package var chunksWithoutReplica = 0
    /// Replicas still missing to the quorum of every chunk below it.
    package var pendingReplicas = 0
    package var replicas = ReplicaCounts()
    package var byNode: [NodeSummary] = []
    package init() {}
}

package struct NodeSummary: Sendable, Equatable {
    package let node: KnownNode
    package let replicas: ReplicaCounts
    /// Of its counting replicas, as `oldestProof` is.
    package let sealedBytes: Int64
    package let oldestProof: Timestamp?
    package init(node: KnownNode, replicas: ReplicaCounts, sealedBytes: Int64, oldestProof: Timestamp?) {
        self.node = node
        self.replicas = replicas
        self.sealedBytes = sealedBytes
        self.oldestProof = oldestProof
    }
}

/// The replica map: which nodes hold which chunk, since when, last proved when.
package protocol ReplicaCatalog: Sendable {
    /// Inserts, or makes valid again; learns of the nodes, and keeps each chunk's count of live replicas in step.
    /// Replicas of chunks that the catalog does not know are left out.
    func record(_ accepted: [AcceptedReplica]) async throws(CatalogError)
    /// Replaces state, proof and audit times and lease of known replicas, and keeps the chunks' counts in step.
    func update(_ replicas: [Replica]) async throws(CatalogError)
    /// Every replica of each chunk, whatever its state, in order of node. Chunks without any are absent.
    func replicas(of chunks: [ChunkID]) async throws(CatalogError) -> [ChunkID: [Replica]]
    /// Counting replicas whose next audit is due by `moment`, the most overdue first.
    func replicasDue(by moment: Timestamp, limit: Int) async throws(CatalogError) -> [Replica]
    /// Counting replicas in order of chunk, then node, after the given pair; of one node only, if given.
    func replicas(
        after position: (chunk: ChunkID, node: NodeID)?, on node: NodeID?, limit: Int
    ) async throws(CatalogError) -> [Replica]
    /// Counting replicas drawn at random, by a position in `0 ..< 1` for each; one drawn twice is returned once.
    func replicas(at positions: [Double]) async throws(CatalogError) -> [Replica]
    /// Counting replicas whose lease ends before `moment`, the first to end first.
    func replicasExpiring(before moment: Timestamp, limit: Int) async throws(CatalogError) -> [Replica]
    func nodes() async throws(CatalogError) -> [KnownNode]
    /// Inserts, or replaces by id; the time it was last seen never goes back.
    func saw(_ nodes: [KnownNode]) async throws(CatalogError)
    func summary() async throws(CatalogError) -> CatalogSummary
}

/// A mailbox of this owner: its key follows from the root secret and `epoch`.
package struct MailboxRecord: Sendable, Equatable {
    package let id: MailboxID
    package let epoch: UInt64
    package let createdAt: Timestamp
    package init(id: MailboxID, epoch: UInt64, createdAt: Timestamp) {
        self.id = id
        self.epoch = epoch
        self.createdAt = createdAt
    }
}

/// The newest catalog head that this owner signed.
package struct HeadRecord: Sendable, Equatable {
    package let sequence: UInt64
    /// The signed head as holders keep it.
    package let bytes: [UInt8]
    package init(sequence: UInt64, bytes: [UInt8]) {
        self.sequence = sequence
        self.bytes = bytes
    }
}

/// What `status` says of the last audit.
package struct AuditNote: Sendable, Equatable {
    package var finishedAt: Timestamp
    package var challenged: Int
    package var valid: Int
    package var suspect: Int
    package var lost: Int
    package init(finishedAt: Timestamp, challenged: Int, valid: Int, suspect: Int, lost: Int) {
        self.finishedAt = finishedAt
        self.challenged = challenged
        self.valid = valid
        self.suspect = suspect
        self.lost = lost
    }
}

package protocol SnapshotCatalog: Sendable {
    /// Adds a snapshot and the head that names it, in one transaction.
    func add(_ snapshot: Snapshot, head: HeadRecord) async throws(CatalogError)
    /// Oldest first.
    func snapshots() async throws(CatalogError) -> [Snapshot]
    func head() async throws(CatalogError) -> HeadRecord?
    /// Replaces snapshots and head by what a recovery found.
    func replace(snapshots: [Snapshot], head: HeadRecord) async throws(CatalogError)
    func add(_ mailbox: MailboxRecord) async throws(CatalogError)
    /// Newest first.
    func mailboxes() async throws(CatalogError) -> [MailboxRecord]
    func note(_ audit: AuditNote) async throws(CatalogError)
    func lastAudit() async throws(CatalogError) -> AuditNote?
    /// When the next scheduled audit of any replica is due.
    func nextAuditDue() async throws(CatalogError) -> Timestamp?
}

/// A file as it was at its last backup.
package struct CachedFile: Sendable, Equatable {
    package let name: [UInt8]
    package let stamp: FileStamp
    /// Its content as the manifest tells it (`FileContent`).
    package let content: [UInt8]
    package init(name: [UInt8], stamp: FileStamp, content: [UInt8]) {
        self.name = name
        self.stamp = stamp
        self.content = content
    }
}

package struct CacheChange: Sendable {
    package let directory: SystemPath
    /// Inserted, or replaced by name.
    package let changed: [CachedFile]
    package let removed: [[UInt8]]
    package init(directory: SystemPath, changed: [CachedFile], removed: [[UInt8]]) {
        self.directory = directory
        self.changed = changed
        self.removed = removed
    }
}

/// Remembers files by directory and stamp, so that an unchanged file is not read again. Losing it costs time only.
package protocol FileCache: Sendable {
    /// In order of the names' bytes.
    func cached(in directory: SystemPath) async throws(CatalogError) -> [CachedFile]
    func apply(_ changes: [CacheChange]) async throws(CatalogError)
}
