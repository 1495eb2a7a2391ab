import QuloudCrypto

package struct AuditResult: Sendable, Equatable {
    package struct Finding: Sendable, Equatable {
        package let chunk: ChunkID
        package let node: NodeID
        package let state: ReplicaState
    }
    package var challenged = 0
    package var valid = 0
    /// Answered, but nothing could be concluded now.
    package var undecided = 0
    package var suspect: [Finding] = []
    package var lost: [Finding] = []
    /// Reference copies made again from the owner's files, and fetched from a holder.
    package var fromSource = 0
    package var fromReplicas = 0
    /// Bytes that holders read to answer.
    package var provenBytes: Int64 = 0
    package init() {}
}

/// Challenges holders and records what comes of it. Holders read every byte; the owner needs no stored copy, it makes the
/// sealed chunk again from its unchanged source, or fetches one replica and checks it by its id.
package actor Audit {
    package enum Scope: Sendable {
        case all(on: NodeID?)
        /// Replicas whose time has come.
        case due
        case sample(Int)
    }

    private let context: OwnerContext
    private let resealer: SourceResealer
    private let fetcher: ChunkFetcher
    private let observer: Observer
    private let progress: ProgressMeter<AuditProgress>
    private var nodes: [NodeID: KnownNode] = [:]
    /// Nodes that did not answer in this run, and the replicas that still wait for a second try.
    private var silent: [NodeID: [Replica]] = [:]
    private var result = AuditResult()

    /// Replicas planned at once.
    private static let pageSize = 384

    package init(_ context: OwnerContext, tree: any SourceTree, observer: @escaping Observer) {
        self.context = context
        self.observer = observer
        resealer = SourceResealer(context, tree: tree)
        fetcher = ChunkFetcher(context)
        progress = ProgressMeter(AuditProgress(), time: context.time) { observer(.audit($0)) }
    }

    /// - Parameter wanted: leaves out chunks for which it is false.
    package func run(
        _ scope: Scope, only wanted: @Sendable (ChunkID) -> Bool = { _ in true }
    ) async throws -> AuditResult {
        for node in try await context.catalog.nodes() { nodes[node.id] = node }
        switch scope {
        case .all(let node):
            var position: (chunk: ChunkID, node: NodeID)?
            while true {
                let page = try await context.catalog.replicas(after: position, on: node, limit: Self.pageSize)
                guard let last = page.last else { break }
                try await audit(page.filter { wanted($0.chunk) })
                position = (last.chunk, last.node)
            }
        case .due:
            let page = try await context.catalog.replicasDue(by: context.time.now, limit: Self.pageSize)
            try await audit(page)
        case .sample(let count):
            for start in stride(from: 0, to: count, by: Self.pageSize) {
                let positions = (start..<min(start + Self.pageSize, count)).map { _ in context.entropy.unit() }
                try await audit(try await context.catalog.replicas(at: positions))
            }
        }
        try await retrySilent()
        progress.finish()
        if case .due = scope, result.challenged == 0 { return result }
        try await context.catalog.note(
            AuditNote(
                finishedAt: context.time.now, challenged: result.challenged, valid: result.valid,
                suspect: result.suspect.count, lost: result.lost.count))
        return result
    }

    /// One page of replicas: reference digests first, then all nodes at once.
    private func audit(_ replicas: [Replica]) async throws {
        try Task.checkCancellation()
        guard !replicas.isEmpty else { return }
        result.challenged += replicas.count
        progress.update {
            $0.challenged += replicas.count
            $0.total = max($0.total, $0.challenged)
        }
        let chunks = try await context.catalog.chunks(Array(Set(replicas.map(\.chunk))))
        var waiting: [Replica] = []
        for replica in replicas {
            if silent[replica.node] != nil { silent[replica.node]?.append(replica) } else { waiting.append(replica) }
        }
        var challenges = try plan(waiting, chunks: chunks)
        try await fillDigests(&challenges, chunks: chunks)
        let byPair = Dictionary(waiting.map { (Pair($0), $0) }, uniquingKeysWith: { $1 })
        try await withThrowingTaskGroup(of: (Challenge, Challenge.Answered).self) { group in
            for challenge in challenges { group.addTask { (challenge, try await challenge.ask()) } }
            for try await (challenge, answered) in group { try await conclude(challenge, answered, byPair) }
        }
    }

    private struct Pair: Hashable {
        let chunk: ChunkID
        let node: NodeID
        init(_ replica: Replica) {
            chunk = replica.chunk
            node = replica.node
        }
        init(_ chunk: ChunkID, _ node: NodeID) {
            self.chunk = chunk
            self.node = node
        }
    }

    /// Challenges of bounded size, node by node.
    private func plan(_ replicas: [Replica], chunks: [ChunkID: CatalogChunk]) throws -> [Challenge] {
        var challenges: [Challenge] = []
        for (id, group) in Dictionary(grouping: replicas, by: \.node) {
            guard let node = nodes[id] else { continue }
            // A node whose key is none can answer nothing, and must not keep the others from being asked.
            guard node.agreementKey.isUsable else {
                silent[id, default: []] += group
                continue
            }
            var batch: [CatalogChunk] = []
            var bytes = 0
            for chunk in Set(group.map(\.chunk)).sorted().compactMap({ chunks[$0] }) {
                batch.append(chunk)
                bytes += chunk.sealedSize
                if bytes >= context.settings.auditBatchBytes || batch.count >= Limits.batchMax {
                    challenges.append(try Challenge(context, node: node, chunks: batch))
                    batch = []
                    bytes = 0
                }
            }
            if !batch.isEmpty { challenges.append(try Challenge(context, node: node, chunks: batch)) }
        }
        return challenges
    }

    /// Gets each chunk's reference copy once and digests it under every node's seed.
    private func fillDigests(_ challenges: inout [Challenge], chunks: [ChunkID: CatalogChunk]) async throws {
        var users: [ChunkID: [Int]] = [:]
        for (index, challenge) in challenges.enumerated() {
            for chunk in challenge.chunks { users[chunk.id, default: []].append(index) }
        }
        for (id, indices) in users.sorted(by: { $0.key < $1.key }) {
            try Task.checkCancellation()
            guard let chunk = chunks[id], let sealed = try await reference(chunk) else { continue }
            for index in indices {
                challenges[index].digests[id] = StorageProof.digest(
                    seed: challenges[index].seed, chunk: id, sealed: sealed)
            }
        }
    }

    private func reference(_ chunk: CatalogChunk) async throws -> [UInt8]? {
        if let sealed = try await resealer.sealed(chunk) {
            result.fromSource += 1
            return sealed
        }
        do {
            let fetched = try await fetcher.fromHolders(chunk.id, except: Set(silent.keys))
            result.fromReplicas += 1
            return fetched.bytes
        } catch is ChunkUnavailable {
            return nil
        }
    }

    private func conclude(
        _ challenge: Challenge, _ answered: Challenge.Answered, _ replicas: [Pair: Replica]
    ) async throws {
        let node = challenge.node
        let asked = challenge.chunks.compactMap { replicas[Pair($0.id, node.id)] }
        guard case .answers(let answers, let expires) = answered else {
            silent[node.id, default: []] += asked
            return
        }
        let sizes = Dictionary(challenge.chunks.map { ($0.id, $0.sealedSize) }, uniquingKeysWith: { $1 })
        var judged: [Replica] = []
        for replica in asked {
            let finding = challenge.finding(replica.chunk, answers[replica.chunk], expires: expires)
            if finding == .proved { result.provenBytes += Int64(sizes[replica.chunk, default: 0]) }
            judged.append(judge(replica, finding))
        }
        try await context.catalog.update(judged)
        try await context.catalog.saw([
            KnownNode(id: node.id, agreementKey: node.agreementKey, label: node.label, lastSeen: context.time.now)
        ])
        progress.update {
            $0.answered += judged.count
            $0.bytes = result.provenBytes
        }
    }

    private func judge(_ replica: Replica, _ finding: AuditRule.Finding) -> Replica {
        let settings = context.settings
        let judged = AuditRule.judge(
            replica, finding,
            AuditRule.Terms(
                now: context.time.now, cover: settings.coverWithin, retryAfter: settings.retryAfter,
                grace: settings.grace, draw: context.entropy.unit()))
        let found = AuditResult.Finding(chunk: judged.chunk, node: judged.node, state: judged.state)
        switch judged.state {
        case .valid: if finding == .proved { result.valid += 1 } else { result.undecided += 1 }
        case .suspect: if finding == .silent { result.suspect.append(found) } else { result.undecided += 1 }
        case .lost: result.lost.append(found)
        case .released: break
        }
        return judged
    }

    /// Only a short grace period ends within a run; a node that is there but proves nothing must not hold up the owner for
    /// days.
    private var waitsOutGrace: Bool { context.settings.grace <= .seconds(30) }

    /// Nodes that did not answer get a second chance before the run is over, and with a short grace period the run waits
    /// for its end.
    private func retrySilent() async throws {
        var rounds = 0
        while !silent.isEmpty, rounds < 3 {
            rounds += 1
            let waiting = silent
            silent = [:]
            let pause = rounds == 1 || !waitsOutGrace ? .seconds(1) : max(.seconds(1), context.settings.grace)
            try await context.time.sleep(for: pause)
            let present = Set(try await Discovery(context).holders().map(\.node))
            var isOver = true
            for (node, replicas) in waiting {
                if present.contains(node), rounds < 3 {
                    result.challenged -= replicas.count
                    progress.update { $0.challenged -= replicas.count }
                    for start in stride(from: 0, to: replicas.count, by: Self.pageSize) {
                        try await audit(Array(replicas[start..<min(start + Self.pageSize, replicas.count)]))
                    }
                } else {
                    let judged = replicas.map { judge($0, .silent) }
                    try await context.catalog.update(judged)
                    let suspects = judged.filter { if case .suspect = $0.state { true } else { false } }
                    guard waitsOutGrace, !suspects.isEmpty, rounds < 3 else { continue }
                    // A short grace period ends within this run: judge again then.
                    result.suspect.removeAll { $0.node == node }
                    silent[node] = suspects
                    isOver = false
                }
            }
            if isOver, silent.isEmpty { break }
        }
        for (_, replicas) in silent { try await context.catalog.update(replicas.map { judge($0, .silent) }) }
        silent = [:]
    }
}
