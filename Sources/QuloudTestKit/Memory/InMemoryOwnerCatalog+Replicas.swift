package import QuloudCore
import Synchronization

extension InMemoryOwnerCatalog: ReplicaCatalog {
    package func record(_ accepted: [AcceptedReplica]) async throws(CatalogError) {
        state.withLock { state in
            for one in accepted {
                Self.learn(one.node, &state)
                guard state.chunks[one.replica.chunk] != nil, state.nodes[one.replica.node] != nil else { continue }
                state.replicas[one.replica.chunk, default: [:]][one.replica.node] = one.replica
            }
        }
    }

    package func update(_ replicas: [Replica]) async throws(CatalogError) {
        state.withLock { state in
            for replica in replicas {
                guard let known = state.replicas[replica.chunk]?[replica.node] else { continue }
                state.replicas[replica.chunk]?[replica.node] = Replica(
                    chunk: replica.chunk, node: replica.node, state: replica.state, since: known.since,
                    provenAt: replica.provenAt, nextAudit: replica.nextAudit, leaseUntil: replica.leaseUntil)
            }
        }
    }

    package func replicas(of chunks: [ChunkID]) async throws(CatalogError) -> [ChunkID: [Replica]] {
        state.withLock { state in
            var found: [ChunkID: [Replica]] = [:]
            for chunk in chunks {
                found[chunk] = state.replicas[chunk]?.values.sorted { $0.node < $1.node }
            }
            return found
        }
    }

    package func replicasDue(by moment: Timestamp, limit: Int) async throws(CatalogError) -> [Replica] {
        let due = state.withLock { $0.allCounting.filter { $0.nextAudit <= moment } }
        return Array(due.sorted { $0.nextAudit < $1.nextAudit }.prefix(max(limit, 0)))
    }

    package func replicas(
        after position: (chunk: ChunkID, node: NodeID)?, on node: NodeID?, limit: Int
    ) async throws(CatalogError) -> [Replica] {
        let found = state.withLock { state in
            state.allCounting.filter { replica in
                guard node == nil || replica.node == node else { return false }
                guard let position else { return true }
                return (replica.chunk, replica.node) > position
            }
        }
        return Array(found.prefix(max(limit, 0)))
    }

    package func replicas(at positions: [Double]) async throws(CatalogError) -> [Replica] {
        state.withLock { state in
            let all = state.allCounting
            guard !all.isEmpty else { return [] }
            var drawn: [Replica] = []
            for position in positions {
                let scaled = (position.isFinite ? min(max(position, 0), 1) : 0) * Double(all.count)
                let replica = all[min(Int(scaled), all.count - 1)]
                if !drawn.contains(where: { $0.chunk == replica.chunk && $0.node == replica.node }) {
                    drawn.append(replica)
                }
            }
            return drawn
        }
    }

    package func replicasExpiring(before moment: Timestamp, limit: Int) async throws(CatalogError) -> [Replica] {
        let ending = state.withLock { $0.allCounting.filter { $0.leaseUntil < moment } }
        return Array(ending.sorted { $0.leaseUntil < $1.leaseUntil }.prefix(max(limit, 0)))
    }

    package func nodes() async throws(CatalogError) -> [KnownNode] {
        state.withLock { $0.nodes.values.sorted { $0.id < $1.id } }
    }

    package func saw(_ nodes: [KnownNode]) async throws(CatalogError) {
        state.withLock { state in
            for node in nodes { Self.learn(node, &state) }
        }
    }

    private static func learn(_ node: KnownNode, _ state: inout State) {
        var learned = node
        if let known = state.nodes[node.id] { learned.lastSeen = max(known.lastSeen, node.lastSeen) }
        state.nodes[node.id] = learned
    }

    package func summary() async throws(CatalogError) -> CatalogSummary {
        state.withLock { state in
            var summary = CatalogSummary()
            summary.snapshots = state.snapshots.count
            summary.chunks = state.chunks.count
            summary.sealedBytes = state.chunks.values.reduce(0) { $0 + Int64($1.sealedSize) }
            for chunk in state.placed.compactMap({ state.current($0) }) {
                if chunk.liveReplicas < chunk.quorum { summary.chunksBelowQuorum += 1 }
                if chunk.liveReplicas == 0 { summary.chunksWithoutReplica += 1 }
                summary.pendingReplicas += max(chunk.quorum - chunk.liveReplicas, 0)
            }
            let replicas = state.replicas.values.flatMap(\.values)
            summary.replicas = Self.counts(replicas)
            summary.byNode = state.nodes.values.sorted { $0.id < $1.id }.map { node in
                let here = replicas.filter { $0.node == node.id }
                let counting = here.filter(\.state.counts)
                let bytes = counting.reduce(Int64(0)) { $0 + Int64(state.chunks[$1.chunk]?.sealedSize ?? 0) }
                return NodeSummary(
                    node: node, replicas: Self.counts(here), sealedBytes: bytes,
                    oldestProof: counting.map(\.provenAt).min())
            }
            return summary
        }
    }

    private static func counts(_ replicas: [Replica]) -> ReplicaCounts {
        var counts = ReplicaCounts()
        for replica in replicas {
            switch replica.state {
            case .valid: counts.valid += 1
            case .suspect: counts.suspect += 1
            case .lost: counts.lost += 1
            case .released: break
            }
        }
        return counts
    }
}
