/// One chunk that this node keeps for one owner, as its index knows it.
package struct Holding: Sendable, Equatable {
    package enum State: UInt8, Sendable { case stored = 0, trashed = 1, damaged = 2 }

    package let key: HoldingKey
    package let chunk: ChunkID
    /// Bytes of the sealed chunk.
    package let size: Int
    /// Bytes of the stored blob on disk, in quarantine too; zero when it is gone.
    package var storedSize: Int
    /// Verifiers, mailbox, slot and epoch, sealed under the node's wrapping key (`HoldingTerms`).
    package var sealedTerms: [UInt8]
    /// Keyed tag of the request's group, if it has one: two chunks of one group never lie on one node.
    package let groupTag: [UInt8]?
    package var leaseUntil: Timestamp
    package let storedAt: Timestamp
    package var state: State
    /// When a trashed holding is deleted for good.
    package var trashedUntil: Timestamp?

    package init(
        key: HoldingKey, chunk: ChunkID, size: Int, storedSize: Int, sealedTerms: [UInt8], groupTag: [UInt8]?,
        leaseUntil: Timestamp, storedAt: Timestamp, state: State = .stored, trashedUntil: Timestamp? = nil
    ) {
        self.key = key
        self.chunk = chunk
        self.size = size
        self.storedSize = storedSize
        self.sealedTerms = sealedTerms
        self.groupTag = groupTag
        self.leaseUntil = leaseUntil
        self.storedAt = storedAt
        self.state = state
        self.trashedUntil = trashedUntil
    }
}

/// What a holder keeps, summed up. Kept in the same transaction as the rows, so reading it costs nothing.
package struct HolderUsage: Sendable, Equatable {
    /// Holdings in every state.
    package var chunks = 0
    /// Bytes on disk of all blobs, trash included.
    package var storedBytes: Int64 = 0
    package var trashedChunks = 0
    package var damagedChunks = 0
    package init() {}
}

package enum ChunkIndexError: Error, Sendable, Equatable {
    case damaged(String)
    case foreign(String)
    case newerFormat(String)
    case locked(String)
    case full(String)
    case failed(String)
}

/// The holder's index of what lies in its blob store.
///
/// - Durable: when a call that changes something returns, the change survives a power cut. One call is one transaction.
/// - Idempotent: committing the same holding again replaces it; changing or removing an unknown key does nothing.
/// - A failed or cancelled call changes nothing.
package protocol ChunkIndex: Sendable {
    /// Inserts, or replaces by key.
    func commit(_ holdings: [Holding]) async throws(ChunkIndexError)
    /// Every holding of each chunk, whatever its state. Unknown chunks are absent.
    func holdings(of chunks: [ChunkID]) async throws(ChunkIndexError) -> [ChunkID: [Holding]]
    /// Whether another chunk of the group is here, in whatever state.
    func hasGroup(_ tag: [UInt8], otherThan chunk: ChunkID) async throws(ChunkIndexError) -> Bool
    /// Removes the rows. The blob must be gone first.
    func remove(_ keys: [HoldingKey]) async throws(ChunkIndexError)
    func usage() async throws(ChunkIndexError) -> HolderUsage
    /// Holdings whose lease ended before `moment`, or for trashed ones their time in the trash; oldest first.
    func expired(before moment: Timestamp, limit: Int) async throws(ChunkIndexError) -> [Holding]
    /// False when a write failed so that none is tried again until the index is opened anew. Reading goes on.
    var takesChanges: Bool { get async }
    /// Holdings in order of key, after `key`.
    func holdings(after key: HoldingKey?, limit: Int) async throws(ChunkIndexError) -> [Holding]
}

extension ChunkIndex {
    /// An index that never gives writing up.
    package var takesChanges: Bool { get async { true } }
}

/// The newest catalog head of each owner that asked this node to keep one.
package protocol HeadStore: Sendable {
    /// Keeps `record` if `sequence` is higher than the one kept. Returns false when it is not, or when
    /// `Limits.headsPerHolderMax` other owners' heads are kept already. Durable on return.
    func keep(_ record: [UInt8], sequence: UInt64, for key: HeadKey) async throws(ChunkIndexError) -> Bool
    func head(for key: HeadKey) async throws(ChunkIndexError) -> [UInt8]?
}
