/// Why a replica is gone.
package enum LossReason: UInt8, Sendable, CaseIterable {
    /// The node itself says that it does not have the chunk.
    case admitted = 1
    /// The node's proof was wrong.
    case refuted = 2
    /// The node did not answer, or proved nothing, for longer than the grace period.
    case silent = 3
    /// The node let the lease run out.
    case expired = 4
    /// The node itself says that its copy is damaged.
    case damaged = 6
}

/// What the owner knows of one copy of one chunk at one node.
package enum ReplicaState: Sendable, Equatable {
    case valid
    /// Silent or without proof since this moment; `tries` challenges went by.
    case suspect(since: Timestamp, tries: Int)
    case lost(LossReason, at: Timestamp)
    /// Given up on purpose; the node was told.
    case released

    /// Counts towards the quorum: a silent node is given the grace period before its replicas are replaced.
    package var counts: Bool {
        switch self {
        case .valid, .suspect: true
        case .lost, .released: false
        }
    }
}

package struct Replica: Sendable, Equatable {
    package let chunk: ChunkID
    package let node: NodeID
    package var state: ReplicaState
    package let since: Timestamp
    /// When the node last proved that it has the chunk; its receipt counts as the first proof.
    package var provenAt: Timestamp
    package var nextAudit: Timestamp
    package var leaseUntil: Timestamp

    package init(
        chunk: ChunkID, node: NodeID, state: ReplicaState, since: Timestamp, provenAt: Timestamp,
        nextAudit: Timestamp, leaseUntil: Timestamp
    ) {
        self.chunk = chunk
        self.node = node
        self.state = state
        self.since = since
        self.provenAt = provenAt
        self.nextAudit = nextAudit
        self.leaseUntil = leaseUntil
    }
}

/// A node as an owner knows it, from its receipts and announcements.
package struct KnownNode: Sendable, Equatable {
    package let id: NodeID
    /// ristretto255 key for pairwise secrets, signed by the node's identity.
    package let agreementKey: AgreementKey
    /// Failure-domain label chosen by the node's operator.
    package var label: String
    package var lastSeen: Timestamp
    package init(id: NodeID, agreementKey: AgreementKey, label: String, lastSeen: Timestamp) {
        self.id = id
        self.agreementKey = agreementKey
        self.label = label
        self.lastSeen = lastSeen
    }
}
