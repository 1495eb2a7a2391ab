import QuloudCrypto

/// Answers storage challenges: reads every byte of every chunk asked for.
struct ProveStorage: Sendable {
    let context: HolderContext

    /// Nobody waits longer for an answer: what is not read by then is not read for it.
    private static let readingMax: Duration = .seconds(120)

    init(_ context: HolderContext) { self.context = context }

    func answer(_ question: Question, replays: ReplayCache) async throws -> [UInt8]? {
        let (request, tags) = try ProofRequest.parse(question.request)
        try request.context.check(at: context.keys.id, question: question, now: context.time.now)
        let claims = try await claims(request, tags)
        if claims.contains(where: { $0 != nil }) { try replays.admit(request.context, now: context.time.now) }
        let start = context.time.uptime
        var answers: [ProofAnswer] = []
        for claim in claims {
            guard let claim else {
                answers.append(.unknown)
                continue
            }
            let isLate = context.time.uptime - start > Self.readingMax
            answers.append(isLate ? .busy : await prove(claim, request))
        }
        return ProofResponse(node: context.keys.id, answers: answers).signed(
            by: context.keys.identity, request: SHA256.hash(question.request))
    }

    private struct Claim {
        let holding: Holding
        let terms: HoldingTerms
        let key: [UInt8]
    }

    private func claims(_ request: ProofRequest, _ tags: ProofRequest.Tags) async throws -> [Claim?] {
        let holdings = try await context.index.holdings(of: request.chunks)
        var budget = ClaimBudget()
        return request.chunks.enumerated().map { index, chunk in
            guard let candidates = holdings[chunk], !budget.isSpent else { return nil }
            for holding in candidates {
                guard let terms = try? HoldingTerms.open(holding.sealedTerms[...], by: context.keys, key: holding.key),
                    let key = try? context.keys.pairwiseKey(ownershipKey: terms.ownershipKey, chunk: chunk),
                    tags.holds(at: index, chunk: chunk, key: key)
                else { continue }
                budget.note(matched: true)
                return Claim(holding: holding, terms: terms, key: key)
            }
            budget.note(matched: false)
            return nil
        }
    }

    private func prove(_ claim: Claim, _ request: ProofRequest) async -> ProofAnswer {
        switch await context.read(claim.holding, claim.terms) {
        // Also when it is gone: the answer is the same today and tomorrow.
        case .damaged: return .damaged
        case .busy: return .busy
        case .sealed(let sealed):
            context.counters.update { $0.proved += 1 }
            let digest = StorageProof.digest(seed: request.seed, chunk: claim.holding.chunk, sealed: sealed)
            return .proof(
                StorageProof.answer(
                    key: claim.key, chunk: claim.holding.chunk, node: context.keys.id, seed: request.seed,
                    expires: request.context.expires, digest: digest))
        }
    }
}
