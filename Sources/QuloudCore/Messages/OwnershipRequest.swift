import QuloudCrypto

/// Requests that prove, chunk by chunk, the right to what they ask: `retrieve_request` and `locate_request` with the
/// retrieval scalar, `renew_request`, `release_request` and `store_commit` with the ownership scalar.
///
/// Every proof signs the whole request: kind, context, terms and all chunk ids.
package struct OwnershipRequest: Sendable, Equatable {
    package enum Terms: Sendable, Equatable {
        case retrieve
        /// The answer is sealed to this key.
        case locate(answerTo: MailboxID)
        case renew(lease: Duration)
        case release
        /// These nodes hold it; a node that is not among them drops its copy.
        case commit(winners: [NodeID])
    }

    package static let domain = "quloud/v1/ownership"

    package let terms: Terms
    package let context: RequestContext
    package let chunks: [ChunkID]

    package init(_ terms: Terms, context: RequestContext, chunks: [ChunkID]) {
        self.terms = terms
        self.context = context
        self.chunks = chunks
    }

    package var kind: MessageKind {
        switch terms {
        case .retrieve: .retrieveRequest
        case .locate: .locateRequest
        case .renew: .renewRequest
        case .release: .releaseRequest
        case .commit: .storeCommit
        }
    }

    private func unsigned() -> WireWriter {
        var writer = WireWriter(kind, capacity: 256 + chunks.count * 96)
        context.write(to: &writer)
        switch terms {
        case .retrieve, .release: break
        case .locate(let mailbox): writer.put(mailbox)
        case .renew(let lease): writer.put(UInt32(clamping: lease.components.seconds))
        case .commit(let winners):
            writer.put(UInt8(clamping: winners.count))
            for node in winners.prefix(Limits.excludedMax) { writer.put(node) }
        }
        writer.put(UInt16(clamping: chunks.count))
        for chunk in chunks { writer.put(chunk) }
        return writer
    }

    /// The proof of one chunk signs this: which chunk, and the hash of the request without proofs.
    private static func transcript(of chunk: ChunkID, body: Bytes32) -> [UInt8] { chunk.value.bytes + body.bytes }

    /// The message, with a proof for each chunk by its key pair.
    package func signed(
        with keys: (ChunkID) throws(CryptoError) -> ClaimKeys, entropy: any Entropy
    ) throws(CryptoError) -> [UInt8] {
        var writer = unsigned()
        let body = SHA256.hash(writer.bytes)
        for chunk in chunks {
            let proof = try keys(chunk).prove(
                domain: Self.domain, transcript: Self.transcript(of: chunk, body: body), entropy: entropy)
            writer.put(raw: proof)
        }
        return writer.bytes
    }

    package static func parse(
        _ bytes: [UInt8], as kind: MessageKind
    ) throws(MessageError) -> (request: OwnershipRequest, proofs: OwnershipProofs) {
        do {
            var reader = try WireReader(bytes, expecting: kind)
            let context = try RequestContext(from: &reader)
            let terms = try readTerms(of: kind, from: &reader)
            let count = Int(try reader.integer(UInt16.self))
            guard (1...Limits.batchMax).contains(count) else { throw MessageError.oversized }
            var chunks: [ChunkID] = []
            for _ in 0..<count { chunks.append(try reader.id()) }
            let body = SHA256.hash(Array(bytes[..<reader.position]))
            var proofs: [Schnorr.Proof] = []
            for _ in 0..<count { proofs.append(try reader.proof()) }
            try reader.finish()
            return (
                OwnershipRequest(terms, context: context, chunks: chunks), OwnershipProofs(body: body, proofs: proofs)
            )
        } catch { throw MessageError(error) }
    }

    private static func readTerms(of kind: MessageKind, from reader: inout WireReader) throws(WireError) -> Terms {
        switch kind {
        case .retrieveRequest: return .retrieve
        case .locateRequest: return .locate(answerTo: try reader.id())
        case .renewRequest: return .renew(lease: .seconds(Int64(try reader.integer(UInt32.self))))
        case .releaseRequest: return .release
        case .storeCommit:
            let count = Int(try reader.integer(UInt8.self))
            guard count <= Limits.excludedMax else { throw .outOfRange("winners") }
            var winners: [NodeID] = []
            for _ in 0..<count { winners.append(try reader.id()) }
            return .commit(winners: winners)
        default: throw .unknownFormat
        }
    }

    /// The proofs of a request, one for each of its chunks.
    package struct OwnershipProofs: Sendable {
        fileprivate let body: Bytes32
        fileprivate let proofs: [Schnorr.Proof]

        /// True when the proof of the chunk at `index` holds for `key`.
        package func holds(at index: Int, chunk: ChunkID, key: Point) -> Bool {
            guard proofs.indices.contains(index) else { return false }
            return Schnorr.verify(
                proofs[index], publicPoint: key, domain: OwnershipRequest.domain,
                transcript: OwnershipRequest.transcript(of: chunk, body: body))
        }
    }
}
