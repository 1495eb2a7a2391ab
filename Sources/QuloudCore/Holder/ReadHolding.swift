import QuloudCrypto

/// What reading a held chunk back gave.
enum HeldBytes: Sendable {
    case sealed([UInt8])
    /// Missing or wrong: it is marked so, and never vouched for again.
    case damaged(isMissing: Bool)
    /// The disk did not answer; nothing is said about the chunk.
    case busy
}

extension HolderContext {
    /// Reads, unwraps and checks a held chunk. Damage is quarantined and recorded.
    func read(_ holding: Holding, _ terms: HoldingTerms) async -> HeldBytes {
        let found = await examine(holding, terms)
        guard case .damaged = found, holding.state != .damaged else { return found }
        return await changes.changing([holding.key]) {
            // It may have been removed or stored anew since it was looked up.
            guard let known = try? await index.holdings(of: [holding.chunk]) else { return .busy }
            guard let current = known[holding.chunk]?.first(where: { $0.key == holding.key }) else { return found }
            let again = await examine(current, terms)
            if case .damaged(let isMissing) = again, current.state != .damaged {
                await mark(current, isMissing: isMissing)
            }
            return again
        }
    }

    /// The same, and leaves everything as it is. The node's own seal covers all bytes and the chunk id that they had when it
    /// was made: hashing them again would tell nothing more.
    func examine(_ holding: Holding, _ terms: HoldingTerms) async -> HeldBytes {
        guard holding.state != .damaged else { return .damaged(isMissing: false) }
        let blob: [UInt8]?
        do { blob = try await blobs.read(holding.key) } catch { return .busy }
        guard let blob,
            let sealed = try? StoredBlob.unwrap(
                blob, expecting: holding.chunk, ownershipKey: terms.ownershipKey, keys: keys)
        else { return .damaged(isMissing: blob == nil) }
        return .sealed(sealed)
    }

    /// Marks a holding as damaged. Its lock must be held.
    func mark(_ holding: Holding, isMissing: Bool) async {
        counters.update { $0.damaged += 1 }
        note(
            Note(
                .warning, subject: holding.chunk.short,
                isMissing ? "its blob is gone from the store" : "its blob is damaged; moved to quarantine"))
        if !isMissing { try? await blobs.quarantine(holding.key) }
        var damaged = holding
        damaged.state = .damaged
        if isMissing { damaged.storedSize = 0 }
        try? await index.commit([damaged])
    }
}
