import QuloudCore
import QuloudSQLite
import QuloudTestKit
import Testing

/// The counters that triggers keep, against the twin, which counts by looking at everything.
@Suite struct CountersTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func catalogAgreesWithItsTwinAfterRandomChanges(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let catalog = try await SQLiteOwnerCatalog.open(at: folder + "/catalog.sqlite")
            let twin = InMemoryOwnerCatalog()
            let entropy = SeededEntropy(seed: seed)
            for round in 0..<60 {
                try await change([catalog, twin], entropy)
                guard round.isMultiple(of: 5) else { continue }
                #expect(try await catalog.summary() == (try await twin.summary()), "seed \(seed), round \(round)")
                try await compare(catalog, twin, entropy)
            }
            try await catalog.checkIntegrity()
            try await catalog.close()
        }
    }

    /// One random call, the same to each.
    private func change(_ catalogs: [any OwnerCatalog], _ entropy: SeededEntropy) async throws {
        func some(_ count: Int, _ make: () -> Replica) -> [Replica] { (0..<count).map { _ in make() } }
        func replica() -> Replica {
            let moment = Int64(entropy.int(in: 1..<1000))
            let states: [ReplicaState] = [
                .valid, .suspect(since: Timestamp(seconds: moment), tries: 2),
                .lost(.silent, at: Timestamp(seconds: moment)), .released,
            ]
            return Sample.replica(
                UInt64(entropy.int(in: 0..<60)), on: UInt64(entropy.int(in: 100..<106)),
                states[entropy.int(in: 0..<4)], proven: moment, audit: moment * 3 % 1000, lease: moment * 7 % 1000)
        }
        let replicas = some(entropy.int(in: 1..<20), replica)
        let chunks = (0..<entropy.int(in: 1..<8)).map { _ in
            let number = UInt64(entropy.int(in: 0..<60))
            return PreparedChunk(
                chunk: Sample.chunk(
                    number, quorum: entropy.int(in: 1..<5), fingerprint: entropy.unit() < 0.2 ? nil : 1000 + number % 50
                ),
                source: [])
        }
        let choice = entropy.int(in: 0..<3)
        for catalog in catalogs {
            switch choice {
            case 0: try await catalog.prepare(chunks)
            case 1: try await catalog.record(replicas.map { Sample.accepted($0) })
            default: try await catalog.update(replicas)
            }
        }
    }

    private func compare(
        _ catalog: any OwnerCatalog, _ twin: any OwnerCatalog, _ entropy: SeededEntropy
    ) async throws {
        let ids = (0..<60 as Range<UInt64>).map { ChunkID.numbered($0) }
        #expect(try await catalog.chunks(ids) == (try await twin.chunks(ids)))
        let fingerprints = (1000..<1050 as Range<UInt64>).map { Fingerprint.numbered($0) }
        #expect(try await catalog.chunks(with: fingerprints) == (try await twin.chunks(with: fingerprints)))
        #expect(try await catalog.replicas(of: ids) == (try await twin.replicas(of: ids)))
        let position = (ids[entropy.int(in: 0..<60)], NodeID.numbered(UInt64(entropy.int(in: 100..<106))))
        for node in [nil, NodeID.numbered(103)] {
            let page = try await catalog.replicas(after: position, on: node, limit: 30)
            #expect(page == (try await twin.replicas(after: position, on: node, limit: 30)))
        }
        #expect(
            try await catalog.chunksBelowQuorum(after: position.0, limit: 20)
                == (try await twin.chunksBelowQuorum(after: position.0, limit: 20)))
        #expect(try await catalog.nextAuditDue() == (try await twin.nextAuditDue()))
        let due = try await catalog.replicasDue(by: Timestamp(seconds: 500), limit: 1000)
        let twinDue = try await twin.replicasDue(by: Timestamp(seconds: 500), limit: 1000)
        #expect(due.map(\.nextAudit) == twinDue.map(\.nextAudit))
    }

    @Test func indexAgreesWithItsTwinAfterRandomChanges() async throws {
        try await withTemporaryFolder { folder in
            let index = try await SQLiteChunkIndex.open(at: folder + "/index.sqlite")
            let twin = InMemoryChunkIndex()
            let entropy = SeededEntropy(seed: 5)
            let states: [Holding.State] = [.stored, .trashed, .damaged]
            for round in 0..<80 {
                let holdings = (0..<entropy.int(in: 1..<10)).map { _ in
                    Sample.holding(
                        UInt64(entropy.int(in: 0..<40)), chunk: UInt64(entropy.int(in: 0..<10)),
                        size: entropy.int(in: 0..<900), lease: Int64(entropy.int(in: 0..<900)),
                        states[entropy.int(in: 0..<3)],
                        trashedUntil: entropy.unit() < 0.5 ? nil : Int64(entropy.int(in: 0..<900)))
                }
                let isRemoval = entropy.unit() < 0.3
                for one in [index, twin] as [any ChunkIndex] {
                    if isRemoval { try await one.remove(holdings.map(\.key)) } else { try await one.commit(holdings) }
                }
                #expect(try await index.usage() == (try await twin.usage()), "round \(round)")
                let moment = Timestamp(seconds: 450)
                #expect(
                    try await index.expired(before: moment, limit: 8)
                        == (try await twin.expired(before: moment, limit: 8)))
            }
            try await index.close()
        }
    }
}
