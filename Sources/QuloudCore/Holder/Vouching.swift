import QuloudCrypto

/// What came of the wish to vouch for a holding again.
enum Vouched: Sendable {
    case receipt(SignedReceipt)
    /// Its bytes are not here any more: it may be stored anew.
    case gone
    /// The disk did not answer; nothing is said about the chunk.
    case busy
}

extension HolderContext {
    /// The receipt of what is held already. Its bytes are read first, it is taken out of the trash if it was there, and
    /// its lease is made long enough for the request: a receipt must not be for what is about to be removed.
    func vouch(for key: HoldingKey, _ request: StoreRequest) async throws -> Vouched {
        try await changes.changing([key]) {
            let known = try await index.holdings(of: [request.chunk])[request.chunk]
            guard let held = known?.first(where: { $0.key == key }), held.state != .damaged else { return .gone }
            guard let terms = try? HoldingTerms.open(held.sealedTerms[...], by: keys, key: key) else {
                await mark(held, isMissing: false)
                return .gone
            }
            switch await examine(held, terms) {
            case .busy: return .busy
            case .damaged(let isMissing):
                await mark(held, isMissing: isMissing)
                return .gone
            case .sealed: break
            }
            let lease = min(request.lease, settings.leaseMax)
            var current = held
            current.state = .stored
            current.trashedUntil = nil
            if held.leaseUntil < time.now.advanced(by: lease / 2) { current.leaseUntil = time.now.advanced(by: lease) }
            if current != held { try await index.commit([current]) }
            counters.update { $0.resent += 1 }
            return .receipt(receipt(chunk: current.chunk, terms: terms, leaseUntil: current.leaseUntil))
        }
    }
}
