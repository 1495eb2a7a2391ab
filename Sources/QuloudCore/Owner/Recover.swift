import QuloudCrypto

package struct RecoverResult: Sendable {
    package let headSequence: UInt64
    package let snapshots: [Snapshot]
    package let chunks: Int
    /// Chunks that no holder that answered has.
    package let missingChunks: Int
    package let replicas: Int
    /// What the newest heads lead to could not be read: these are the snapshots that this machine knew already.
    package let isListLost: Bool
}

package enum RecoverError: Error, Sendable, Equatable {
    /// No holder that answered keeps a head of this owner.
    case noHead
    /// Heads were found, but none of the lists they point to could be read.
    case unreadable
}

/// Rebuilds a catalog from nothing but the owner's keys and a fabric: finds the newest valid head, checks its chain, reads
/// the manifests it leads to, and asks who holds their chunks.
package struct Recover: Sendable {
    private let context: OwnerContext
    private let observer: Observer
    private let withoutList: Bool

    /// - Parameter withoutList: when no list of snapshots can be read, goes on without, instead of throwing `unreadable`.
    package init(_ context: OwnerContext, observer: @escaping Observer, withoutList: Bool = false) {
        self.context = context
        self.observer = observer
        self.withoutList = withoutList
    }

    package func run() async throws -> RecoverResult {
        let holders = try await Discovery(context).holders().count
        // Heard to the end: one node that answers twice must not hide what an honest one keeps.
        let heads = try await HeadKeeper(context).found()
        guard !heads.isEmpty else { throw RecoverError.noHead }
        let fork = Self.fork(in: heads.map { ($0.head, SHA256.hash($0.record.bytes)) })
        if let fork {
            observer(
                .note(
                    Note(
                        .warning, subject: "head \(fork)",
                        "the history forked here: the key was used in two places; the snapshots of both are recovered"))
            )
        }
        let branches = fork == nil ? [] : heads.map(\.head)
        let learner = ChunkLearner(context, holders: holders)
        // What is signed next follows the newest head, whichever the snapshots are from: else the history forks.
        let record = Self.page(after: heads[0].record, isForked: fork != nil)
        for (head, _) in heads {
            do {
                return try await rebuild(from: head, branches: branches, record: record, learner: learner)
            } catch let error as ChunkUnavailable {
                observer(
                    .note(
                        Note(
                            .warning, subject: "head \(head.sequence)",
                            "its list of snapshots cannot be read (chunk \(error.chunk.short)); trying the one before"))
                )
            }
        }
        guard withoutList else { throw RecoverError.unreadable }
        return try await goOn(after: record)
    }

    /// Every copy of the lists is gone: the history goes on behind the newest head all the same, or its owner could never
    /// back up again. What this machine knew stays.
    private func goOn(after record: HeadRecord) async throws -> RecoverResult {
        let snapshots = try await context.catalog.snapshots()
        try await context.catalog.replace(snapshots: snapshots, head: record)
        observer(
            .note(
                Note(
                    .warning, subject: "head \(record.sequence)",
                    "no list of snapshots is left; the next backup follows this head, and earlier snapshots that this "
                        + "machine does not know are given up")))
        return RecoverResult(
            headSequence: record.sequence, snapshots: snapshots, chunks: 0, missingChunks: 0, replicas: 0,
            isListLost: true)
    }

    /// A forked history goes on with one number left out: no head of either branch is taken for news or for a rival again.
    private static func page(after newest: HeadRecord, isForked: Bool) -> HeadRecord {
        isForked ? HeadRecord(sequence: newest.sequence &+ 1, bytes: newest.bytes) : newest
    }

    /// Every head that was found must fit: one for each sequence number, each naming the one before it. Where one does not,
    /// the owner's key was used in two places; returns the sequence number of the first such head.
    static func fork(in heads: [(head: CatalogHead, hash: Bytes32)]) -> UInt64? {
        for (newer, older) in zip(heads, heads.dropFirst()) {
            if newer.head.sequence == older.head.sequence { return newer.head.sequence }
            if newer.head.sequence == older.head.sequence &+ 1, newer.head.previous != older.hash {
                return newer.head.sequence
            }
        }
        return nil
    }

    private func rebuild(
        from head: CatalogHead, branches: [CatalogHead], record: HeadRecord, learner: ChunkLearner
    ) async throws -> RecoverResult {
        var snapshots = try await list(of: head, learner: learner)
        // Both branches of a forked history are the owner's: nothing of either is given up.
        for branch in branches where branch != head {
            guard let more = try? await list(of: branch, learner: learner) else { continue }
            let known = Set(snapshots.map(\.id))
            snapshots += more.filter { !known.contains($0.id) }
        }
        snapshots.sort { $0.createdAt < $1.createdAt }
        for snapshot in snapshots {
            do {
                try await learn(snapshot, with: learner)
            } catch let error as ChunkUnavailable {
                observer(
                    .note(
                        Note(
                            .warning, subject: "snapshot \(snapshot.id.short)",
                            "its manifest cannot be read (chunk \(error.chunk.short))")))
            }
        }
        try await context.catalog.replace(snapshots: snapshots, head: record)
        let (known, missing, replicas) = await learner.counts
        return RecoverResult(
            headSequence: head.sequence, snapshots: snapshots, chunks: known, missingChunks: missing,
            replicas: replicas, isListLost: false)
    }

    /// The snapshots that a head leads to.
    private func list(of head: CatalogHead, learner: ChunkLearner) async throws -> [Snapshot] {
        let content = try HeadContent(encoded: context.keys.openHead(head.sealedContent))
        let fetcher = ChunkFetcher(context)
        try await learner.learn(content.list, purpose: .metadata)
        var list: [UInt8] = []
        for ref in content.list { list += try await fetcher.open(ref).bytes }
        return try SnapshotList.decode(list)
    }

    private func learn(_ snapshot: Snapshot, with learner: ChunkLearner) async throws {
        let reader = ManifestReader(context)
        try await learner.learn([snapshot.manifest], purpose: .metadata)
        try await learner.learn(try await reader.root(of: snapshot).records, purpose: .metadata)
        var refs: [ChunkRef] = []
        try await reader.records(of: snapshot) { records in
            for record in records {
                switch record {
                case .file(_, _, _, let segments), .more(let segments): refs += segments.map(\.chunk)
                case .directory, .symlink, .hardLink: break
                }
            }
            if refs.count >= 1024 {
                try await learner.learn(refs, purpose: .data)
                refs = []
            }
        }
        try await learner.learn(refs, purpose: .data)
    }
}

/// Brings chunks into the catalog that are known from manifests only, with the holders that say they have them.
actor ChunkLearner {
    private let context: OwnerContext
    private var known: Set<ChunkID> = []
    private var missing = 0
    private var replicas = 0
    private static let batch = 256

    private let holders: Int

    /// - Parameter holders: how many are known to be there.
    init(_ context: OwnerContext, holders: Int) {
        self.context = context
        self.holders = holders
    }

    var counts: (known: Int, missing: Int, replicas: Int) { (known.count, missing, replicas) }

    func learn(_ refs: [ChunkRef], purpose: ChunkPurpose) async throws {
        let fresh = refs.filter { known.insert($0.id).inserted }
        for start in stride(from: 0, to: fresh.count, by: Self.batch) {
            try await learn(batch: Array(fresh[start..<min(start + Self.batch, fresh.count)]), purpose: purpose)
        }
    }

    private func learn(batch: [ChunkRef], purpose: ChunkPurpose) async throws {
        var found = try await Locator(context).locate(batch.map(\.id), answers: holders)
        // Answers bear no name: one node that sends many must not hide what others have.
        let wanted = min(holders, context.settings.quorum)
        let thin = batch.map(\.id).filter { found[$0, default: []].count { !$0.receipt.isOfTrash } < wanted }
        if !thin.isEmpty {
            for (chunk, receipts) in try await Locator(context).locate(thin) { found[chunk] = receipts }
        }
        let now = context.time.now
        let chunks = batch.map { ref in
            PreparedChunk(
                chunk: CatalogChunk(
                    id: ref.id, fingerprint: nil, contentKey: ref.contentKey, plainSize: ref.plainSize,
                    sealedSize: found[ref.id]?.first?.receipt.size ?? 0, purpose: purpose,
                    quorum: context.settings.quorum, createdAt: now), source: [], wasPlaced: true)
        }
        try await context.catalog.prepare(chunks)
        // Whoever heard the question can claim to have it all: these are challenged first. What lies in the trash can be
        // fetched, and counts for nothing.
        let accepted = found.values.joined().filter { !$0.receipt.isOfTrash }.map {
            AcceptedReplica($0, context: context, nextAudit: now)
        }
        if !accepted.isEmpty { try await context.catalog.record(Array(accepted)) }
        replicas += accepted.count
        missing += batch.count - found.count
    }
}

extension AcceptedReplica {
    /// The replica that a genuine receipt attests, as of now.
    /// - Parameter nextAudit: `nil` for a random moment of the schedule.
    init(_ signed: SignedReceipt, context: OwnerContext, nextAudit: Timestamp? = nil) {
        let receipt = signed.receipt
        let now = context.time.now
        self.init(
            replica: Replica(
                chunk: receipt.chunk, node: receipt.node, state: .valid, since: now, provenAt: now,
                nextAudit: nextAudit
                    ?? AuditSchedule.next(
                        after: now, cover: context.settings.coverWithin, draw: context.entropy.unit()),
                leaseUntil: receipt.leaseUntil),
            node: KnownNode(
                id: receipt.node, agreementKey: receipt.agreementKey, label: receipt.label, lastSeen: now),
            slot: receipt.slot, epoch: receipt.epoch, signature: signed.signature)
    }
}
