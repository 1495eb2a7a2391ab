import QuloudCore
import QuloudCrypto

extension ForeignParser {
    /// What a holder hears.
    static let requests =
        [storeRequest, proofRequest]
        + [.retrieveRequest, .locateRequest, .renewRequest, .releaseRequest, .storeCommit].map(ownershipRequest)
        + [.announceRequest, .headPut, .headGet].map(openRequest)

    /// The input is a request without its proof; it gets the owner's point, and a proof.
    private static let storeRequest = ForeignParser("store-request") {
        let keys = try ForeignKeys.all()
        return try [[], [NodeID(Bytes32())]].map { excluded in
            let request = StoreRequest(
                chunk: ForeignKeys.chunk, size: 4096, quorum: 3, slot: 1, epoch: 2, lease: .seconds(86_400),
                retrievalKey: keys.retrieval.publicPoint, ownershipKey: keys.claim.publicPoint,
                mailbox: MailboxID(keys.mailbox.publicKey), excluded: excluded, issued: ForeignKeys.now,
                expires: ForeignKeys.now.advanced(by: .seconds(900)))
            return Array(try request.signed(with: keys.claim, entropy: NoEntropy()).dropLast(64))
        }
    } parse: { bytes in
        _ = try? StoreRequest.verified(bytes)
        let claim = try ForeignKeys.all().claim
        let ownershipKeyOffset = 82
        guard let body = bytes.putting(claim.publicPoint.encoded.bytes, at: ownershipKeyOffset) else { return .refused }
        let proof = try Schnorr.prove(
            secret: claim.secret, publicPoint: claim.publicPoint, domain: StoreRequest.domain, transcript: body,
            hedge: NoEntropy().bytes(32))
        let message = body + proof.encoded
        return .canonical(
            try StoreRequest.verified(message).signed(with: claim, entropy: NoEntropy()), message)
    }

    private static func ownershipRequest(_ kind: MessageKind) -> ForeignParser {
        ForeignParser("\(kind)".asName) {
            let keys = try ForeignKeys.all()
            let terms: OwnershipRequest.Terms =
                switch kind {
                case .locateRequest: .locate(answerTo: MailboxID(keys.mailbox.publicKey))
                case .renewRequest: .renew(lease: .seconds(5000))
                case .releaseRequest: .release
                case .storeCommit: .commit(winners: [keys.node.id, NodeID(Bytes32())])
                default: .retrieve
                }
            let request = OwnershipRequest(
                terms, context: ForeignKeys.context(for: keys.node.id),
                chunks: [ForeignKeys.chunk, ForeignKeys.otherChunk])
            return [try request.signed(with: { _ in keys.claim }, entropy: NoEntropy())]
        } parse: { bytes in
            let keys = try ForeignKeys.all()
            let (request, proofs) = try OwnershipRequest.parse(bytes, as: kind)
            try? check(request.context, .renew)
            let count = request.chunks.count
            for index in 0..<min(count, 2) {
                _ = proofs.holds(at: index, chunk: request.chunks[index], key: keys.claim.publicPoint)
            }
            // Proofs cost time, and more of them show nothing more.
            guard count <= 4 else { return .taken }
            let again = try request.signed(with: { _ in keys.claim }, entropy: NoEntropy())
            return .canonical(again.dropLast(64 * count), bytes.dropLast(64 * count))
        }
    }

    private static let proofRequest = ForeignParser("proof-request") {
        let request = ProofRequest(
            context: ForeignKeys.context(for: try ForeignKeys.all().node.id), seed: ForeignKeys.requestHash,
            chunks: [ForeignKeys.chunk, ForeignKeys.otherChunk])
        return [request.tagged { _ in [UInt8](repeating: 1, count: 32) }]
    } parse: { bytes in
        let (request, tags) = try ProofRequest.parse(bytes)
        try? check(request.context, .prove)
        let key = [UInt8](repeating: 1, count: 32)
        _ = tags.holds(at: 0, chunk: request.chunks[0], key: key)
        let proofs = StorageProof.tagCount * request.chunks.count
        return .canonical(request.tagged { _ in key }.dropLast(proofs), bytes.dropLast(proofs))
    }

    private static func openRequest(_ kind: MessageKind) -> ForeignParser {
        ForeignParser("\(kind)".asName) {
            let request = OpenRequest(kind, context: ForeignKeys.context(for: nil), body: [1, 2, 3])
            return [request.encoded]
        } parse: { bytes in
            let request = try OpenRequest.parse(bytes, as: kind)
            try? check(request.context, .announce)
            return .canonical(request.encoded, bytes)
        }
    }

    private static func check(_ context: RequestContext, _ kind: QuestionKind) throws {
        let question = Question(kind: kind, request: [], returnAddress: context.returnAddress)
        try context.check(at: context.node ?? ForeignKeys.all().node.id, question: question, now: ForeignKeys.now)
    }
}

extension String {
    /// `storeCommit` as `store-commit`.
    var asName: String { reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) } }
}
