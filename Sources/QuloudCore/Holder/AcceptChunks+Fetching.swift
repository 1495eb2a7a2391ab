/// Fetching the chunks of tickets that were chosen, and writing them.
extension AcceptChunks {
    func fetch(_ candidates: [Candidate], into batch: inout Batch) async {
        var pending = candidates.map(\.delivery)
        var beat = context.time.uptime
        var failure: BlobStoreError?
        await withTaskGroup(of: (Candidate, Fetched).self) { group in
            var next = candidates.makeIterator()
            let blobs = batch.blobs
            for _ in 0..<4 {
                if let candidate = next.next() { group.addTask { (candidate, await fetch(candidate, into: blobs)) } }
            }
            while let (candidate, fetched) = await group.next() {
                pending.removeAll { $0.token == candidate.delivery.token }
                switch fetched {
                case .written(let holding, let receipt):
                    batch.holdings.append(holding)
                    batch.receipts.append((candidate.request.mailbox, receipt, candidate.delivery))
                    batch.done.append(candidate.delivery)
                case .gone: batch.done.append(candidate.delivery)
                case .failed: batch.later.append((candidate.delivery, .later(.seconds(2))))
                case .unwritten(let error):
                    failure = error
                    batch.later.append((candidate.delivery, Self.afterFailure))
                }
                // A disk that did not take one is not sent more.
                if failure == nil, let candidate = next.next() {
                    group.addTask { (candidate, await fetch(candidate, into: blobs)) }
                }
                if context.time.uptime - beat > .seconds(15) {
                    beat = context.time.uptime
                    try? await context.fabric.settle(batch.done + pending, .working)
                }
            }
            while let candidate = next.next() { batch.later.append((candidate.delivery, Self.afterFailure)) }
        }
        if let failure { context.note(Note(.warning, "chunks not taken: \(failure)")) }
    }

    private enum Fetched: Sendable {
        case written(Holding, SignedReceipt)
        /// The broker no longer has it, or has other bytes: the owner issues it again if it is still wanted.
        case gone
        case failed
        case unwritten(BlobStoreError)
    }

    /// Written at once: the bytes are still near the processor, and a whole batch of them never lies in memory.
    private func fetch(_ candidate: Candidate, into blobs: any BlobBatch) async -> Fetched {
        let request = candidate.request
        let wrapped: Wrapped?
        do {
            wrapped = try await context.fabric.fetch(request.chunk, from: request.mailbox) {
                sealed -> Result<Wrapped, any Error>? in
                guard sealed.count == request.size, SealedChunk.id(of: sealed) == request.chunk else {
                    context.counters.drop(.foreign)
                    return nil
                }
                return Result { try wrap(sealed, candidate) }
            }??.get()
        } catch { return .failed }
        guard let wrapped else { return .gone }
        do throws(BlobStoreError) {
            try await blobs.add(wrapped.blob)
            return .written(wrapped.holding, wrapped.receipt)
        } catch { return .unwritten(error) }
    }

    private struct Wrapped: Sendable {
        let blob: NamedBlob
        let holding: Holding
        let receipt: SignedReceipt
    }

    private func wrap(_ sealed: UnsafeRawBufferPointer, _ candidate: Candidate) throws -> Wrapped {
        let request = candidate.request
        let now = context.time.now
        let leaseUntil = now.advanced(by: min(request.lease, context.settings.leaseMax))
        let terms = HoldingTerms(request: request, leaseUntil: leaseUntil, storedAt: now)
        let sealedTerms = try terms.sealed(by: context.keys, key: candidate.key)
        let blob = try StoredBlob.wrap(
            sealed, chunk: request.chunk, terms: terms, sealedTerms: sealedTerms, keys: context.keys)
        let holding = Holding(
            key: candidate.key, chunk: request.chunk, size: sealed.count, storedSize: blob.count,
            sealedTerms: sealedTerms, groupTag: context.keys.groupTag(request.group), leaseUntil: leaseUntil,
            storedAt: now)
        return Wrapped(
            blob: NamedBlob(name: candidate.key, bytes: blob), holding: holding,
            receipt: context.receipt(chunk: request.chunk, terms: terms, leaseUntil: leaseUntil))
    }
}
