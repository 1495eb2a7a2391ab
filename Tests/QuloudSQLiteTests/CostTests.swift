import QuloudCore
import QuloudSQLite
import QuloudTestKit
import Testing

/// No call may take longer because there is more in the database. Counted in steps of SQLite's machine, not in time.
@Suite struct CostTests {
    // Ids as real ones are: spread evenly.
    private func id(_ number: UInt64) -> ChunkID { .drawn(from: SeededEntropy(seed: number)) }

    private func chunk(_ number: UInt64) -> PreparedChunk {
        let some = Sample.chunk(number, quorum: number.isMultiple(of: 2) ? 3 : 4)
        return PreparedChunk(
            chunk: CatalogChunk(
                id: id(number), fingerprint: .numbered(number + 10_000), contentKey: some.contentKey,
                plainSize: some.plainSize, sealedSize: some.sealedSize, purpose: some.purpose, quorum: some.quorum,
                createdAt: some.createdAt), source: [])
    }

    private func replica(_ chunk: UInt64, on node: UInt64, _ state: ReplicaState = .valid) -> Replica {
        let moment = Timestamp(seconds: Int64(chunk))
        return Replica(
            chunk: id(chunk), node: .numbered(node), state: state, since: moment, provenAt: moment, nextAudit: moment,
            leaseUntil: moment)
    }

    /// Steps of each call on a catalog of this many chunks, each on three of ten nodes.
    private func catalogCosts(chunks: UInt64) async throws -> [String: UInt32] {
        try await withTemporaryFolder { folder in
            let catalog = try await SQLiteOwnerCatalog.open(at: folder + "/catalog.sqlite")
            // Half the chunks are below their quorum of four; the first tenth lost all replicas; the last was never placed.
            try await catalog.prepare(
                (0..<chunks + 50).map { chunk($0) })
            try await catalog.record(
                (0..<chunks).flatMap { chunk in
                    (0..<3).map { Sample.accepted(replica(chunk, on: (chunk + $0) % 10)) }
                })
            try await catalog.update(
                (0..<chunks / 10).flatMap { chunk in
                    (0..<3).map { replica(chunk, on: (chunk + $0) % 10, .released) }
                })
            try await catalog.apply(
                (0..<chunks / 10).map {
                    CacheChange(
                        directory: Array("/srv/\($0)".utf8), changed: [Sample.file("a"), Sample.file("b")], removed: [])
                })
            var costs: [String: UInt32] = [:]
            func measure(_ name: String, _ call: () async throws -> Void) async throws {
                // Once to have it prepared.
                try await call()
                let before = try await catalog.machineSteps()
                try await call()
                costs[name] = try await catalog.machineSteps() &- before
            }
            let middle = chunks / 2
            let ids = (middle..<middle + 10).map { id($0) }
            let position = (ids[0], NodeID.numbered(3))
            let all = Timestamp(seconds: 1 << 40)
            try await measure("chunks") { _ = try await catalog.chunks(ids) }
            try await measure("fingerprints") {
                _ = try await catalog.chunks(with: (middle..<middle + 10).map { .numbered($0 + 10_000) })
            }
            try await measure("raise quorum") { try await catalog.raiseQuorum(to: 4) }
            try await measure("prepare") { try await catalog.prepare([chunk(middle)]) }
            try await measure("source") { _ = try await catalog.source(of: ids[0]) }
            try await measure("below") { _ = try await catalog.chunksBelowQuorum(after: ids[0], limit: 10) }
            try await measure("record") {
                try await catalog.record([Sample.accepted(replica(middle, on: 4))])
            }
            try await measure("update") {
                try await catalog.update([replica(middle, on: 4, .lost(.silent, at: all))])
                try await catalog.update([replica(middle, on: 4)])
            }
            try await measure("replicas") { _ = try await catalog.replicas(of: ids) }
            try await measure("due") { _ = try await catalog.replicasDue(by: all, limit: 10) }
            try await measure("expiring") { _ = try await catalog.replicasExpiring(before: all, limit: 10) }
            try await measure("page") { _ = try await catalog.replicas(after: position, on: nil, limit: 10) }
            try await measure("page of a node") {
                _ = try await catalog.replicas(after: position, on: .numbered(3), limit: 10)
            }
            // The first of them falls among the chunks that lost all their replicas.
            try await measure("drawing") { _ = try await catalog.replicas(at: [0, 0.2, 0.5, 0.999]) }
            try await measure("summary") { _ = try await catalog.summary() }
            try await measure("next audit") { _ = try await catalog.nextAuditDue() }
            try await measure("cached") { _ = try await catalog.cached(in: Array("/srv/7".utf8)) }
            try await measure("apply") {
                try await catalog.apply([
                    CacheChange(directory: Array("/srv/7".utf8), changed: [Sample.file("c")], removed: [[1]])
                ])
            }
            try await catalog.close()
            return costs
        }
    }

    @Test func catalogCostsDoNotGrow() async throws {
        let few = try await catalogCosts(chunks: 200)
        let many = try await catalogCosts(chunks: 4000)
        for (name, steps) in few.sorted(by: { $0.key < $1.key }) {
            let later = try #require(many[name])
            #expect(steps > 0 && later <= steps + steps / 4 + 20, "\(name): \(steps), then \(later)")
        }
    }

    private func indexCosts(chunks: UInt64) async throws -> [String: UInt32] {
        try await withTemporaryFolder { folder in
            let index = try await SQLiteChunkIndex.open(at: folder + "/index.sqlite")
            try await index.commit(
                (0..<chunks).map {
                    Sample.holding(
                        $0, chunk: $0, group: UInt8($0 % 200), lease: Int64($0), $0 % 7 == 0 ? .trashed : .stored)
                })
            var costs: [String: UInt32] = [:]
            func measure(_ name: String, _ call: () async throws -> Void) async throws {
                try await call()
                let before = try await index.machineSteps()
                try await call()
                costs[name] = try await index.machineSteps() &- before
            }
            let middle = chunks / 2
            let all = Timestamp(seconds: 1 << 40)
            try await measure("commit") { try await index.commit([Sample.holding(middle, chunk: middle)]) }
            try await measure("holdings") { _ = try await index.holdings(of: [.numbered(middle), .numbered(1 << 40)]) }
            try await measure("group") { _ = try await index.hasGroup([3, 3], otherThan: .numbered(1)) }
            try await measure("usage") { _ = try await index.usage() }
            try await measure("expired") { _ = try await index.expired(before: all, limit: 10) }
            try await measure("page") { _ = try await index.holdings(after: .numbered(middle), limit: 10) }
            try await measure("remove") { try await index.remove([.numbered(3)]) }
            try await index.close()
            return costs
        }
    }

    @Test func indexCostsDoNotGrow() async throws {
        let few = try await indexCosts(chunks: 200)
        let many = try await indexCosts(chunks: 4000)
        for (name, steps) in few.sorted(by: { $0.key < $1.key }) {
            let later = try #require(many[name])
            #expect(steps > 0 && later <= steps + steps / 4 + 20, "\(name): \(steps), then \(later)")
        }
    }
}
