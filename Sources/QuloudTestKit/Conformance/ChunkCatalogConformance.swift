package import QuloudCore

/// The contract of `ChunkCatalog`, rule by rule.
package enum ChunkCatalogConformance: String, ConformanceRule {
    case roundTripById, roundTripByFingerprint, unknownIsAbsent, prepareNothing
    case prepareAgainChangesNothing, prepareLearnsAMissingFingerprint, prepareKeepsAKnownFingerprint
    case fingerprintStaysWithAStoredChunk, fingerprintMovesFromAChunkNobodyHas
    case sourceRoundTrip, sourceIsReplaced, sourceOfUnknownIsEmpty
    case neverPlacedIsNotBelowQuorum, belowQuorumPagesInOrder, belowQuorumFollowsReplicas
    case belowQuorumFollowsTheQuorum
    case sealedRoundTrip, sealedIsReplaced, survivesReopen

    /// Checks this rule against a fresh catalog. Throws `ConformanceFailure`, or whatever the catalog throws.
    package func check(_ make: @Sendable () async throws -> PortUnderTest<any OwnerCatalog>) async throws {
        let subject = try await make()
        let catalog = subject.port
        switch self {
        case .roundTripById, .roundTripByFingerprint, .unknownIsAbsent, .prepareNothing:
            try await checkRoundTrip(catalog)
        case .prepareAgainChangesNothing, .prepareLearnsAMissingFingerprint, .prepareKeepsAKnownFingerprint:
            try await checkPreparingAgain(catalog)
        case .fingerprintStaysWithAStoredChunk, .fingerprintMovesFromAChunkNobodyHas:
            try await checkSharedFingerprint(catalog)
        case .sourceRoundTrip, .sourceIsReplaced, .sourceOfUnknownIsEmpty: try await checkSources(catalog)
        case .neverPlacedIsNotBelowQuorum, .belowQuorumPagesInOrder, .belowQuorumFollowsTheQuorum:
            try await checkBelowQuorum(catalog)
        case .belowQuorumFollowsReplicas: try await checkFollowing(catalog)
        case .sealedRoundTrip, .sealedIsReplaced: try await checkSealed(catalog)
        case .survivesReopen: try await checkReopening(subject)
        }
    }

    private func prepare(_ chunks: CatalogChunk..., in catalog: any ChunkCatalog) async throws {
        try await catalog.prepare(chunks.map { PreparedChunk(chunk: $0, source: []) })
    }

    private func checkRoundTrip(_ catalog: any ChunkCatalog) async throws {
        let chunks = (1...3).map { Sample.chunk($0, quorum: Int($0), fingerprint: $0 == 3 ? nil : $0 + 10) }
        try await prepare(chunks[0], chunks[1], chunks[2], in: catalog)
        switch self {
        case .roundTripByFingerprint:
            let found = try await catalog.chunks(with: [.numbered(11), .numbered(12), .numbered(12)])
            try require(found, is: [.numbered(11): chunks[0], .numbered(12): chunks[1]], "chunks by fingerprint")
        case .unknownIsAbsent:
            try require(
                try await catalog.chunks([.numbered(9), .numbered(1)]), is: [.numbered(1): chunks[0]], "chunks")
            try require(try await catalog.chunks(with: [.numbered(9)]), is: [:], "chunks with an unknown fingerprint")
            try require(try await catalog.chunks([]), is: [:], "no chunks")
        case .prepareNothing:
            try await catalog.prepare([])
            try require(try await catalog.chunks([.numbered(3)]).count, is: 1, "chunks")
        default:
            let found = try await catalog.chunks(chunks.map(\.id))
            try require(found, is: Dictionary(uniqueKeysWithValues: chunks.map { ($0.id, $0) }), "chunks by id")
        }
    }

    private func checkPreparingAgain(_ catalog: any OwnerCatalog) async throws {
        let known = Sample.chunk(1, quorum: 2, fingerprint: self == .prepareLearnsAMissingFingerprint ? nil : 11)
        try await prepare(known, in: catalog)
        try await catalog.record([Sample.accepted(Sample.replica(1, on: 5))])
        let again = self == .prepareAgainChangesNothing ? known : Sample.chunk(1, quorum: 5, fingerprint: 12)
        try await prepare(again, in: catalog)
        var expected = known
        expected.liveReplicas = 1
        if self == .prepareLearnsAMissingFingerprint { expected.fingerprint = .numbered(12) }
        try require(try await catalog.chunks([known.id]), is: [known.id: expected], "the chunk prepared twice")
        let learned = try await catalog.chunks(with: [.numbered(12)])
        let isLearned = self == .prepareLearnsAMissingFingerprint
        try require(learned, is: isLearned ? [.numbered(12): expected] : [:], "chunks with the later fingerprint")
    }

    private func checkSharedFingerprint(_ catalog: any OwnerCatalog) async throws {
        let older = Sample.chunk(1, fingerprint: 11)
        let newer = Sample.chunk(2, fingerprint: 11)
        try await prepare(older, in: catalog)
        let stays = self == .fingerprintStaysWithAStoredChunk
        if stays { try await catalog.record([Sample.accepted(Sample.replica(1, on: 5))]) }
        try await prepare(newer, in: catalog)
        let found = try await catalog.chunks(with: [.numbered(11)])
        try require(found.mapValues(\.id), is: [.numbered(11): stays ? older.id : newer.id], "who has the fingerprint")
        let both = try await catalog.chunks([older.id, newer.id])
        try require(both.count, is: 2, "chunks")
        let without = stays ? newer.id : older.id
        try require(both[without]?.fingerprint == nil, "both have the fingerprint")
    }

    private func checkSources(_ catalog: any ChunkCatalog) async throws {
        func part(_ path: [UInt8], _ offset: Int64) -> SourcePart { SourcePart(path: path, offset: offset, length: 7) }
        let parts = [
            part(Array("/srv/photos/a.jpg".utf8), 1 << 40), part(Array("/srv/photos/b.jpg".utf8), 0),
            part(Array("/top".utf8), 5), part([0x2F, 0xFF, 0xFE], 6), part(Array("/srv/photos/a.jpg".utf8), 3),
            part([], 1), part(Array("relative".utf8), 2),
        ]
        let chunk = Sample.chunk(1)
        try await catalog.prepare([
            PreparedChunk(chunk: chunk, source: parts), PreparedChunk(chunk: Sample.chunk(2), source: [parts[1]]),
        ])
        switch self {
        case .sourceIsReplaced:
            try await catalog.prepare([PreparedChunk(chunk: chunk, source: [parts[2]])])
            try require(try await catalog.source(of: chunk.id), is: [parts[2]], "the source")
            try await catalog.prepare([PreparedChunk(chunk: chunk, source: [])])
            try require(try await catalog.source(of: chunk.id), is: [], "the source")
            try require(try await catalog.source(of: .numbered(2)), is: [parts[1]], "the other chunk's source")
        case .sourceOfUnknownIsEmpty:
            try require(try await catalog.source(of: .numbered(3)), is: [], "the source")
        default:
            try require(try await catalog.source(of: chunk.id), is: parts, "the source")
        }
    }

    private func requireBelow(_ numbers: [UInt64], in catalog: any ChunkCatalog) async throws {
        let found = try await catalog.chunksBelowQuorum(after: nil, limit: 100)
        try require(found.map(\.id), is: numbers.map { .numbered($0) }, "chunks below quorum")
    }

    private func checkBelowQuorum(_ catalog: any OwnerCatalog) async throws {
        if self == .neverPlacedIsNotBelowQuorum {
            try await prepare(Sample.chunk(1), in: catalog)
            try await requireBelow([], in: catalog)
            // Unless a manifest shows that it was placed once.
            try await catalog.prepare([PreparedChunk(chunk: Sample.chunk(2), source: [], wasPlaced: true)])
            try await requireBelow([2], in: catalog)
            let summary = try await catalog.summary()
            try require(summary.chunksBelowQuorum, is: 1, "chunks below quorum")
            try require(summary.chunksWithoutReplica, is: 1, "chunks without replica")
            return
        }
        // Prepared in another order than that of their ids.
        let order: [UInt64] = [7, 3, 9, 1, 8, 2, 6, 4, 5]
        try await OwnerCatalogReading.place(
            order.map { ($0, $0.isMultiple(of: 3) ? [1, 2] : [1]) }, quorum: 2, in: catalog)
        try await requireBelow([1, 2, 4, 5, 7, 8], in: catalog)
        if self == .belowQuorumFollowsTheQuorum {
            try await catalog.raiseQuorum(to: 1)
            try await requireBelow([1, 2, 4, 5, 7, 8], in: catalog)
            try await catalog.raiseQuorum(to: 3)
            try await requireBelow([1, 2, 3, 4, 5, 6, 7, 8, 9], in: catalog)
            try require(try await catalog.summary().pendingReplicas, is: 15, "missing replicas")
            return
        }
        let page = try await catalog.chunksBelowQuorum(after: .numbered(2), limit: 3)
        try require(page.map(\.id), is: [4, 5, 7].map { .numbered($0) }, "a page of chunks below quorum")
        try require(page.map(\.liveReplicas), is: [1, 1, 1], "their replicas")
        try require(
            try await catalog.chunksBelowQuorum(after: .numbered(8), limit: 3), is: [], "the page after the last")
    }

    private func checkFollowing(_ catalog: any OwnerCatalog) async throws {
        try await OwnerCatalogReading.place([(1, [1, 2])], quorum: 2, in: catalog)
        try await requireBelow([], in: catalog)
        let moment = Timestamp(seconds: 300)
        try await catalog.update([Sample.replica(1, on: 1, .suspect(since: moment, tries: 2))])
        try await requireBelow([], in: catalog)
        try await catalog.update([Sample.replica(1, on: 1, .lost(.silent, at: moment))])
        try await requireBelow([1], in: catalog)
        try await catalog.record([Sample.accepted(Sample.replica(1, on: 3))])
        try await requireBelow([], in: catalog)
        try await catalog.update([Sample.replica(1, on: 2, .released), Sample.replica(1, on: 3, .released)])
        try await requireBelow([1], in: catalog)
        let found = try await catalog.chunks([.numbered(1)])
        try require(found[.numbered(1)]?.liveReplicas, is: 0, "live replicas")
    }

    private func checkSealed(_ catalog: any ChunkCatalog) async throws {
        try require(try await catalog.sealed(.numbered(1)) == nil, "sealed bytes never kept are there")
        let big = SeededEntropy(seed: 1).bytes(900_000)
        try await catalog.keepSealed(big, of: .numbered(1))
        try await catalog.keepSealed([], of: .numbered(2))
        if self == .sealedIsReplaced { try await catalog.keepSealed([4], of: .numbered(1)) }
        let found = try await catalog.sealed(.numbered(1))
        try require(found == (self == .sealedIsReplaced ? [4] : big), "the sealed bytes are others")
        try require(try await catalog.sealed(.numbered(2)), is: [], "empty sealed bytes")
    }

    private func checkReopening(_ subject: PortUnderTest<any OwnerCatalog>) async throws {
        let part = SourcePart(path: Array("/srv/a".utf8), offset: 1, length: 2)
        let chunk = Sample.chunk(1, fingerprint: 11)
        try await subject.port.prepare([PreparedChunk(chunk: chunk, source: [part])])
        try await subject.port.keepSealed([1, 2], of: chunk.id)
        let again = try await subject.reopen()
        try require(try await again.chunks(with: [.numbered(11)]), is: [.numbered(11): chunk], "the chunk")
        try require(try await again.source(of: chunk.id), is: [part], "its source")
        try require(try await again.sealed(chunk.id), is: [1, 2], "its sealed bytes")
    }
}
