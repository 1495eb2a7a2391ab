import QuloudCrypto

/// Answers what owners ask of this node: return chunks, prove storage, renew, release, locate, announce, keep heads.
///
/// Whoever asks must prove the right to it, for this node, for this answer's address, now, and once. What fails is dropped
/// in silence and counted; nothing tells a stranger whether a chunk is here.
package struct AnswerQuestions: Sendable {
    let context: HolderContext
    private let replays = ReplayCache()
    private let startedAt: Duration

    package init(_ context: HolderContext) {
        self.context = context
        startedAt = context.time.uptime
    }

    /// Runs until cancelled or the fabric closes.
    package func run() async throws(FabricError) {
        try await context.fabric.serve(as: context.keys.id) { await answer($0) }
    }

    /// The answer, or `nil` for silence.
    package func answer(_ question: Question) async -> [UInt8]? {
        do {
            switch question.kind {
            case .retrieve: return try await retrieve(question)
            case .prove: return try await ProveStorage(context).answer(question, replays: replays)
            case .renew: return try await change(question, .renewRequest)
            case .release: return try await change(question, .releaseRequest)
            case .commit: return try await change(question, .storeCommit)
            case .locate: return try await locate(question)
            case .announce: return try await announce(question)
            case .head: return try await KeepHeads(context).answer(question)
            }
        } catch let reason as MessageError {
            context.counters.drop(reason)
            return nil
        } catch {
            context.note(Note(.warning, "could not answer a \(question.kind.rawValue) request: \(error)"))
            return nil
        }
    }

    // MARK: Requests that prove a claim

    struct Claim {
        let holding: Holding
        let terms: HoldingTerms
    }

    private func parse(
        _ question: Question, _ kind: MessageKind
    ) throws(MessageError) -> (request: OwnershipRequest, proofs: OwnershipRequest.OwnershipProofs) {
        let (request, proofs) = try OwnershipRequest.parse(question.request, as: kind)
        try request.context.check(at: context.keys.id, question: question, now: context.time.now)
        return (request, proofs)
    }

    /// For each chunk of the request the holding whose key the proof fits, if there is one. The first fitting proof uses
    /// up the request's nonce.
    private func claims(
        _ request: OwnershipRequest, _ proofs: OwnershipRequest.OwnershipProofs, by key: (HoldingTerms) -> Point
    ) async throws -> [Claim?] {
        let holdings = try await context.index.holdings(of: request.chunks)
        var claims: [Claim?] = []
        var budget = ClaimBudget()
        for (index, chunk) in request.chunks.enumerated() {
            var match: Claim?
            guard holdings[chunk] != nil, !budget.isSpent else {
                claims.append(nil)
                continue
            }
            for holding in holdings[chunk, default: []] where match == nil {
                guard let terms = try? HoldingTerms.open(holding.sealedTerms[...], by: context.keys, key: holding.key),
                    proofs.holds(at: index, chunk: chunk, key: key(terms))
                else { continue }
                match = Claim(holding: holding, terms: terms)
            }
            claims.append(match)
            budget.note(matched: match != nil)
        }
        if claims.contains(where: { $0 != nil }) {
            try replays.admit(request.context, now: context.time.now)
        }
        return claims
    }

    private func outcome(_ codes: [Outcome.Code], to question: Question) -> [UInt8] {
        Outcome(node: context.keys.id, codes: codes).signed(
            by: context.keys.identity, request: SHA256.hash(question.request))
    }

    private func retrieve(_ question: Question) async throws -> [UInt8]? {
        let (request, proofs) = try parse(question, .retrieveRequest)
        guard request.chunks.count == 1 else { throw MessageError.oversized }
        guard let claim = try await claims(request, proofs, by: \.retrievalKey).first ?? nil else {
            context.counters.update { $0.dropped["refused", default: 0] += 1 }
            return outcome([.refused], to: question)
        }
        switch await context.read(claim.holding, claim.terms) {
        case .sealed(let bytes):
            context.counters.update { $0.retrieved += 1 }
            return bytes
        case .damaged: return outcome([.damaged], to: question)
        case .busy: return outcome([.busy], to: question)
        }
    }

    private func locate(_ question: Question) async throws -> [UInt8]? {
        let (request, proofs) = try parse(question, .locateRequest)
        guard case .locate(let mailbox) = request.terms, request.chunks.count <= ReceiptEnvelope.receiptsMax else {
            throw MessageError.oversized
        }
        let receipts = try await claims(request, proofs, by: \.retrievalKey).compactMap { claim -> SignedReceipt? in
            guard let claim, claim.holding.state != .damaged else { return nil }
            // An owner that forgot who held it may still fetch it out of the trash, and must not count on it.
            return context.receipt(
                chunk: claim.holding.chunk, terms: claim.terms,
                leaseUntil: claim.holding.state == .stored ? claim.holding.leaseUntil : Receipt.noLease)
        }
        // Also when there are none: the owner need not wait for this node.
        return try ReceiptEnvelope.seal(receipts, to: mailbox)
    }

    /// Renewals, releases and commits: each chunk whose proof holds is changed, all in one transaction.
    private func change(_ question: Question, _ kind: MessageKind) async throws -> [UInt8]? {
        let (request, proofs) = try parse(question, kind)
        let keys = try await claims(request, proofs, by: \.ownershipKey).map(\.?.holding.key)
        let codes = try await context.changes.changing(Set(keys.compactMap(\.self))) {
            try await change(keys, of: request)
        }
        return outcome(codes, to: question)
    }

    /// - Parameter keys: for each chunk of the request, the holding whose proof holds.
    private func change(_ keys: [HoldingKey?], of request: OwnershipRequest) async throws -> [Outcome.Code] {
        let holdings = try await context.index.holdings(of: request.chunks)
        var changed: [Holding] = []
        var codes: [Outcome.Code] = []
        for (chunk, key) in zip(request.chunks, keys) {
            let current = holdings[chunk]?.first { $0.key == key }
            if let holding = current.flatMap({ apply(request.terms, to: $0) }) {
                changed.append(holding)
                codes.append(.done)
            } else if current != nil, case .commit = request.terms {
                // A winner keeps its copy as it is.
                codes.append(.done)
            } else {
                codes.append(.refused)
            }
        }
        if !changed.isEmpty { try await context.index.commit(changed) }
        return codes
    }

    /// The holding as the request wants it; `nil` leaves it as it is.
    private func apply(_ terms: OwnershipRequest.Terms, to holding: Holding) -> Holding? {
        let now = context.time.now
        var changed = holding
        switch terms {
        case .renew(let lease):
            guard holding.state == .stored else { return nil }
            changed.leaseUntil = max(
                holding.leaseUntil, now.advanced(by: min(lease, context.settings.leaseMax)))
        // What is damaged must not come back out of the trash as whole: it only goes with the next sweep.
        case .release where holding.state == .damaged: changed.leaseUntil = now
        case .release:
            changed.state = .trashed
            changed.trashedUntil = now.advanced(by: context.settings.trash)
        case .commit(let winners):
            guard !winners.isEmpty, !winners.contains(context.keys.id) else { return nil }
            // Surplus from the start: the next sweep removes it.
            guard holding.state != .damaged else {
                changed.leaseUntil = now
                return changed
            }
            changed.state = .trashed
            changed.trashedUntil = now
        case .retrieve, .locate: return nil
        }
        return changed
    }

    private func announce(_ question: Question) async throws -> [UInt8]? {
        let request = try OpenRequest.parse(question.request, as: .announceRequest)
        try request.context.check(at: context.keys.id, question: question, now: context.time.now)
        return Announcement(
            node: context.keys.id, agreementKey: context.keys.agreementKey, version: context.settings.version,
            label: context.settings.label, region: context.settings.region,
            capacityBytes: context.settings.capacityBytes, freeBytes: try await context.freeBytes(),
            uptime: context.time.uptime - startedAt
        ).signed(by: context.keys.identity, nonce: request.context.nonce)
    }
}
