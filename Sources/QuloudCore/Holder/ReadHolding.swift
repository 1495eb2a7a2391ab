/// What reading a held chunk back gave.
enum HeldBytes: Sendable {
    case sealed([UInt8])
    /// The blob is gone, or wrong: it is marked so, and never vouched for again.
    case missing
    case damaged
    /// The disk did not answer; nothing is said about the chunk.
    case busy
}

extension HolderContext {
    /// Reads, unwraps and checks a held chunk against its id. Damage is quarantined and recorded.
    func read(_ holding: Holding, _ terms: HoldingTerms) async -> HeldBytes {
        guard holding.state != .damaged else { return .damaged }
        let blob: [UInt8]?
        do { blob = try await blobs.read(holding.key) } catch { return .busy }
        if let blob,
            let sealed = try? StoredBlob.unwrap(
                blob, expecting: holding.chunk, ownershipKey: terms.ownershipKey, keys: keys),
            SealedChunk.id(of: sealed) == holding.chunk
        {
            return .sealed(sealed)
        }
        await markDamaged(holding, isMissing: blob == nil)
        return blob == nil ? .missing : .damaged
    }

    private func markDamaged(_ holding: Holding, isMissing: Bool) async {
        counters.update { $0.damaged += 1 }
        note(
            Note(
                .warning, subject: holding.chunk.short,
                isMissing ? "its blob is gone from the store" : "its blob is damaged; moved to quarantine"))
        if !isMissing { try? await blobs.quarantine(holding.key) }
        var damaged = holding
        damaged.state = .damaged
        try? await index.commit([damaged])
    }
}
