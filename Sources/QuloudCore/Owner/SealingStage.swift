import QuloudCrypto
import Synchronization

/// Seals plaintext chunks on several tasks, and hands those that are not stored yet to the placer.
package final class SealingStage: Sendable {
    private struct Job: Sendable {
        let plaintext: ArraySlice<UInt8>
        let source: [SourcePart]
        let purpose: ChunkPurpose
        let slot: ChunkSlot
    }

    private let context: OwnerContext
    private let placer: Placer
    private let progress: ProgressMeter<BackupProgress>
    private let gate: ByteGate
    private let jobs = WorkQueue<Job>()
    /// Chunks of this run that are being sealed or waiting for the journal, by fingerprint.
    private let sealing = Mutex<[Fingerprint: ChunkSlot]>([:])

    package init(_ context: OwnerContext, placer: Placer, progress: ProgressMeter<BackupProgress>) {
        self.context = context
        self.placer = placer
        self.progress = progress
        gate = ByteGate(capacity: context.settings.memoryMax / 2)
    }

    /// Takes plaintext when there is room for it. Its reference appears in `slot`.
    @discardableResult
    package func submit(
        _ plaintext: ArraySlice<UInt8>, source: [SourcePart], purpose: ChunkPurpose, into slot: ChunkSlot = ChunkSlot()
    ) async throws -> ChunkSlot {
        try await gate.enter(plaintext.count)
        jobs.put(Job(plaintext: plaintext, source: source, purpose: purpose, slot: slot))
        return slot
    }

    package func close() { jobs.close() }

    /// One worker; several may run. Returns when the stage is closed and empty.
    package func work() async throws {
        let sealer = try ChunkSealer(keys: context.keys, compressionLevel: context.settings.compressionLevel)
        while let job = await jobs.take().first {
            defer { gate.leave(job.plaintext.count) }
            do {
                try await process(job, with: sealer)
            } catch {
                job.slot.fulfil(.failure(error))
                throw error
            }
        }
        try Task.checkCancellation()
    }

    private func process(_ job: Job, with sealer: ChunkSealer) async throws {
        let fingerprint = job.plaintext.withUnsafeBytes { context.keys.fingerprint(of: $0) }
        let first = sealing.withLock { sealing -> ChunkSlot? in
            if let slot = sealing[fingerprint] { return slot }
            sealing[fingerprint] = job.slot
            return nil
        }
        if let first {
            job.slot.fulfil(.success(try await first.value()))
            return
        }
        defer { sealing.withLock { _ = $0.removeValue(forKey: fingerprint) } }
        if let known = try await context.catalog.chunks(with: [fingerprint])[fingerprint],
            known.plainSize == job.plaintext.count, await isStored(known)
        {
            progress.update { $0.knownChunks += 1 }
            let ref = ChunkRef(id: known.id, contentKey: known.contentKey, plainSize: known.plainSize)
            job.slot.fulfil(.success(ref))
            return
        }
        try await seal(job, fingerprint: fingerprint, with: sealer)
    }

    /// Being placed counts: its receipts are on their way, and what does not come is reported at the end.
    private func isStored(_ chunk: CatalogChunk) async -> Bool {
        if chunk.liveReplicas > 0 { return true }
        return await placer.isPlacing(chunk.id)
    }

    private func seal(_ job: Job, fingerprint: Fingerprint, with sealer: ChunkSealer) async throws {
        let sealed = try sealer.seal(job.plaintext, fingerprint: fingerprint)
        let chunk = CatalogChunk(
            id: sealed.id, fingerprint: fingerprint, contentKey: sealed.contentKey, plainSize: sealed.plainSize,
            sealedSize: sealed.bytes.count, purpose: job.purpose, quorum: context.settings.quorum,
            createdAt: context.time.now)
        let known = try await context.catalog.chunks([sealed.id])[sealed.id]
        if let known, await isStored(known) {
            // Known by id but not by fingerprint: learnt in a recovery.
            try await context.catalog.prepare([PreparedChunk(chunk: chunk, source: job.source)])
            progress.update { $0.knownChunks += 1 }
        } else if try await placer.place(
            Placer.Order(
                sealed: sealed.bytes, chunk: chunk, source: job.source, wanted: chunk.quorum, excluded: []))
        {
            progress.update {
                $0.newChunks += 1
                $0.newSealedBytes += Int64(sealed.bytes.count)
                $0.replicasWanted += chunk.quorum
            }
        }
        if job.purpose == .metadata { try await context.catalog.keepSealed(sealed.bytes, of: sealed.id) }
        job.slot.fulfil(.success(sealed.ref))
    }
}
