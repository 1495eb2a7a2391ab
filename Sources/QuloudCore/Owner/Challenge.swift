import QuloudCrypto
import Synchronization

/// One challenge to one node: many chunks, a fresh seed, and what the right answers would be built from.
struct Challenge: Sendable {
    let context: OwnerContext
    let node: KnownNode
    let chunks: [CatalogChunk]
    let seed: Bytes32
    /// `D` of each chunk under this seed; absent where no reference copy could be had.
    var digests: [ChunkID: Bytes32] = [:]

    /// The keys that this owner and this node share, one for each chunk.
    private let keys: [ChunkID: [UInt8]]

    init(_ context: OwnerContext, node: KnownNode, chunks: [CatalogChunk]) throws(CryptoError) {
        self.context = context
        self.node = node
        self.chunks = chunks
        seed = context.entropy.bytes32()
        var keys: [ChunkID: [UInt8]] = [:]
        for chunk in chunks {
            keys[chunk.id] = try context.keys.pairwiseKey(
                ownership: context.keys.ownershipKeys(of: chunk.id), agreementKey: node.agreementKey, chunk: chunk.id)
        }
        self.keys = keys
    }

    /// Long enough for a slow disk to read it all.
    private var patience: Duration {
        .seconds(10) + .milliseconds(chunks.reduce(0) { $0 + $1.sealedSize } / 4000)
    }

    enum Answered: Sendable {
        case answers([ChunkID: ProofAnswer], expires: Timestamp)
        case silent
    }

    func ask() async throws -> Answered {
        let ids = chunks.map(\.id)
        let (context, node, seed, keys) = (context, node, seed, keys)
        let sent = Captured()
        let expires = Mutex(Timestamp(milliseconds: 0))
        do {
            let response = try await context.fabric.ask(node.id, .prove, timeout: patience) { address in
                let head = RequestContext.fresh(
                    for: node.id, returnAddress: address, time: context.time, entropy: context.entropy)
                expires.withLock { $0 = head.expires }
                return sent.keep {
                    ProofRequest(context: head, seed: seed, chunks: ids).tagged { keys[$0, default: []] }
                }
            } accept: {
                try? ProofResponse.verified(Array($0), from: node.id, request: sent.hash, count: ids.count)
            }
            return .answers(
                Dictionary(zip(ids, response.answers), uniquingKeysWith: { first, _ in first }),
                expires: expires.withLock { $0 })
        } catch {
            try Task.checkCancellation()
            // Our own broker is away: that says nothing about the node.
            guard error.kind != .unreachable else { throw error }
            return .silent
        }
    }

    func finding(_ chunk: ChunkID, _ answer: ProofAnswer?, expires: Timestamp) -> AuditRule.Finding {
        switch answer {
        case nil, .busy: return .withheld
        case .unknown, .missing: return .admitted
        case .damaged: return .damaged
        case .proof(let proof):
            guard let digest = digests[chunk], let key = keys[chunk] else { return .undecided }
            let expected = StorageProof.answer(
                key: key, chunk: chunk, node: node.id, seed: seed, expires: expires, digest: digest)
            return proof.constantTimeEquals(expected) ? .proved : .refuted
        }
    }
}
