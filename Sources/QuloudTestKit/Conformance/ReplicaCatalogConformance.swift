package import QuloudCore

/// The contract of `ReplicaCatalog`, rule by rule.
package enum ReplicaCatalogConformance: String, ConformanceRule {
    case recordRoundTrip, everyStateIsKept, recordAgainChangesNothing, recordMakesValidAgain
    case recordLeavesOutUnknownChunks, recordLearnsNodes, recordKeepsLiveCounts
    case updateReplaces, updateOfUnknownDoesNothing, updateKeepsLiveCounts, updateKeepsSince
    case replicasOfEveryState, dueMostOverdueFirst, dueLeavesOutWhatDoesNotCount
    case pagesInOrder, pagesOfOneNode, pagesLeaveOutWhatDoesNotCount, pagesFromAnyPosition
    case drawingReachesEveryReplica, drawingFromNothing, drawingLeavesOutWhatDoesNotCount, drawingSurvivesOddPositions
    case expiringFirst, sawUpdatesNodes, nodesInOrder
    case summaryOfNothing, summaryCounts, survivesReopen, concurrentRecordsAllArrive

    /// Checks this rule against a fresh catalog. Throws `ConformanceFailure`, or whatever the catalog throws.
    package func check(_ make: @Sendable () async throws -> PortUnderTest<any OwnerCatalog>) async throws {
        let subject = try await make()
        let catalog = subject.port
        switch self {
        case .recordRoundTrip, .everyStateIsKept, .recordAgainChangesNothing, .recordMakesValidAgain,
            .recordLeavesOutUnknownChunks, .recordLearnsNodes, .recordKeepsLiveCounts:
            try await checkRecording(catalog)
        case .updateReplaces, .updateOfUnknownDoesNothing, .updateKeepsLiveCounts, .updateKeepsSince,
            .replicasOfEveryState:
            try await checkUpdating(catalog)
        case .dueMostOverdueFirst, .dueLeavesOutWhatDoesNotCount: try await checkDue(catalog)
        case .pagesInOrder, .pagesOfOneNode, .pagesLeaveOutWhatDoesNotCount, .pagesFromAnyPosition:
            try await checkPages(catalog)
        case .drawingReachesEveryReplica, .drawingFromNothing, .drawingLeavesOutWhatDoesNotCount,
            .drawingSurvivesOddPositions:
            try await checkDrawing(catalog)
        case .expiringFirst: try await checkExpiring(catalog)
        case .sawUpdatesNodes, .nodesInOrder: try await checkNodes(catalog)
        case .summaryOfNothing, .summaryCounts: try await checkSummary(catalog)
        case .survivesReopen: try await checkReopening(subject)
        case .concurrentRecordsAllArrive: try await checkConcurrentRecords(catalog)
        }
    }

    static let moment = Timestamp(seconds: 321)

    private func requireReplicas(_ replicas: [Replica], of chunk: UInt64, in catalog: any ReplicaCatalog) async throws {
        let found = try await catalog.replicas(of: [.numbered(chunk), .numbered(chunk)])
        try require(found, is: replicas.isEmpty ? [:] : [.numbered(chunk): replicas], "replicas of \(chunk)")
    }

    private func requireLive(_ count: Int, of chunk: UInt64, in catalog: any ChunkCatalog) async throws {
        let found = try await catalog.chunks([.numbered(chunk)])[.numbered(chunk)]
        try require(found?.liveReplicas, is: count, "live replicas of \(chunk)")
    }

    private func checkRecording(_ catalog: any OwnerCatalog) async throws {
        try await catalog.prepare([Sample.prepared(1), Sample.prepared(2)])
        let replica = Sample.replica(1, on: 5)
        switch self {
        case .everyStateIsKept:
            let states: [ReplicaState] =
                [.valid, .suspect(since: Self.moment, tries: 3), .released]
                + LossReason.allCases.map { .lost($0, at: Self.moment) }
            let replicas = states.enumerated().map { Sample.replica(1, on: UInt64($0.offset), $0.element) }
            try await catalog.record(replicas.map { Sample.accepted($0) })
            try await requireReplicas(replicas, of: 1, in: catalog)
            try await requireLive(2, of: 1, in: catalog)
        case .recordMakesValidAgain:
            for state in [.lost(.refuted, at: Self.moment), .released, .suspect(since: Self.moment, tries: 1)]
                as [ReplicaState]
            {
                try await catalog.record([Sample.accepted(replica)])
                try await catalog.update([Sample.replica(1, on: 5, state)])
                let renewed = Sample.replica(1, on: 5, since: 400, proven: 400, audit: 500, lease: 2000)
                try await catalog.record([Sample.accepted(renewed)])
                try await requireReplicas([renewed], of: 1, in: catalog)
                try await requireLive(1, of: 1, in: catalog)
            }
        case .recordLeavesOutUnknownChunks:
            try await catalog.record([Sample.accepted(Sample.replica(9, on: 5)), Sample.accepted(replica)])
            try await requireReplicas([], of: 9, in: catalog)
            try await requireReplicas([replica], of: 1, in: catalog)
            try require(try await catalog.chunks([.numbered(9)]), is: [:], "a chunk came from nowhere")
        case .recordLearnsNodes:
            let node = Sample.node(5, label: "cellar", seen: 444)
            try await catalog.record([Sample.accepted(replica, node: node)])
            try require(try await catalog.nodes(), is: [node], "nodes")
        case .recordKeepsLiveCounts:
            try await catalog.record((1...3).map { Sample.accepted(Sample.replica(1, on: $0)) })
            try await catalog.record((3...4).map { Sample.accepted(Sample.replica(1, on: $0)) })
            try await requireLive(4, of: 1, in: catalog)
            try await requireLive(0, of: 2, in: catalog)
        default:
            try await catalog.record([Sample.accepted(replica)])
            if self == .recordAgainChangesNothing {
                try await catalog.record([Sample.accepted(replica), Sample.accepted(replica)])
            }
            try await requireReplicas([replica], of: 1, in: catalog)
            try await requireReplicas([], of: 2, in: catalog)
            try await requireLive(1, of: 1, in: catalog)
        }
    }

    private func checkUpdating(_ catalog: any OwnerCatalog) async throws {
        try await OwnerCatalogReading.place([(1, [5, 6, 7])], in: catalog)
        let others = [Sample.replica(1, on: 6), Sample.replica(1, on: 7)]
        switch self {
        case .updateOfUnknownDoesNothing:
            try await catalog.update([Sample.replica(1, on: 9), Sample.replica(9, on: 5)])
            try await catalog.update([])
            try await requireReplicas([Sample.replica(1, on: 5)] + others, of: 1, in: catalog)
            try await requireReplicas([], of: 9, in: catalog)
            try require(try await catalog.nodes().count, is: 3, "nodes")
        case .updateKeepsLiveCounts:
            let lost = ReplicaState.lost(.admitted, at: Self.moment)
            let steps: [(ReplicaState, Int)] = [
                (lost, 2), (lost, 2), (.released, 2), (.valid, 3), (.suspect(since: Self.moment, tries: 1), 3),
                (lost, 2),
                (.suspect(since: Self.moment, tries: 2), 3), (.released, 2),
            ]
            for (state, live) in steps {
                try await catalog.update([Sample.replica(1, on: 5, state)])
                try await requireLive(live, of: 1, in: catalog)
            }
        case .updateKeepsSince:
            try await catalog.update([Sample.replica(1, on: 5, since: 999)])
            try await requireReplicas([Sample.replica(1, on: 5)] + others, of: 1, in: catalog)
        case .replicasOfEveryState:
            let gone = Sample.replica(1, on: 5, .released)
            let lost = Sample.replica(1, on: 6, .lost(.damaged, at: Self.moment))
            try await catalog.update([gone, lost])
            try await requireReplicas([gone, lost, others[1]], of: 1, in: catalog)
        default:
            let changed = Sample.replica(
                1, on: 5, .suspect(since: Self.moment, tries: 9), proven: 150, audit: 777, lease: 888)
            try await catalog.update([changed])
            try await requireReplicas([changed] + others, of: 1, in: catalog)
        }
    }

    private func checkDue(_ catalog: any OwnerCatalog) async throws {
        try await OwnerCatalogReading.place([(1, [5, 6, 7, 8]), (2, [5])], in: catalog)
        let states: [ReplicaState] =
            self == .dueMostOverdueFirst
            ? [.valid, .suspect(since: Self.moment, tries: 1), .valid, .valid]
            : [.released, .valid, .lost(.silent, at: Self.moment), .valid]
        let audits: [Int64] = [300, 100, 200, 401]
        try await catalog.update(
            zip(zip(states, audits), 5...).map { Sample.replica(1, on: UInt64($1), $0.0, audit: $0.1) }
                + [Sample.replica(2, on: 5, audit: 400)])
        let due = try await catalog.replicasDue(by: Timestamp(seconds: 400), limit: 10).map(\.nextAudit.seconds)
        try require(due, is: self == .dueMostOverdueFirst ? [100, 200, 300, 400] : [100, 400], "audits due")
        let one = try await catalog.replicasDue(by: Timestamp(seconds: 400), limit: 1)
        try require(one.map(\.node), is: [.numbered(6)], "the most overdue")
        let next = try await catalog.nextAuditDue()
        try require(next, is: Timestamp(seconds: 100), "the next audit")
    }

    private func checkPages(_ catalog: any OwnerCatalog) async throws {
        // Prepared in another order than that of their ids, on nodes learnt in another order than that of theirs.
        let order: [UInt64] = [7, 3, 9, 1, 8, 2, 6, 4, 5]
        try await OwnerCatalogReading.place(
            order.map { chunk in (chunk, [30, 10, 20].filter { ($0 / 10 + chunk) % 4 != 0 }) }, in: catalog)
        var expected = (1...9 as ClosedRange<UInt64>).flatMap { chunk -> [Replica] in
            [10, 20, 30].filter { ($0 / 10 + chunk) % 4 != 0 }.map { Sample.replica(chunk, on: $0) }
        }
        if self == .pagesLeaveOutWhatDoesNotCount {
            try await catalog.update([
                Sample.replica(4, on: 10, .released), Sample.replica(5, on: 10, .lost(.silent, at: Self.moment)),
                Sample.replica(5, on: 20, .lost(.silent, at: Self.moment)),
                Sample.replica(5, on: 30, .lost(.silent, at: Self.moment)),
            ])
            expected.removeAll { $0.chunk == .numbered(5) || ($0.chunk == .numbered(4) && $0.node == .numbered(10)) }
        }
        if self == .pagesFromAnyPosition { return try await checkPositions(expected, catalog) }
        let node: NodeID? = self == .pagesOfOneNode ? .numbered(10) : nil
        for limit in [1, 2, 5, 100] {
            let found = try await OwnerCatalogReading.pages(of: catalog, on: node, limit: limit)
            try require(found, is: expected.filter { node == nil || $0.node == node }, "pages of \(limit)")
        }
        if self == .pagesOfOneNode {
            let nobody = try await catalog.replicas(after: nil, on: .numbered(99), limit: 5)
            try require(nobody, is: [], "replicas on an unknown node")
        }
    }

    /// Positions need not be replicas.
    private func checkPositions(_ expected: [Replica], _ catalog: any OwnerCatalog) async throws {
        for chunk in 0...10 as ClosedRange<UInt64> {
            for node in [0, 10, 15, 30, 40] as [UInt64] {
                let position = (ChunkID.numbered(chunk), NodeID.numbered(node))
                let later = expected.filter { ($0.chunk, $0.node) > position }
                let found = try await catalog.replicas(after: position, on: nil, limit: 100)
                try require(found, is: later, "replicas after \(chunk), \(node)")
                let ofOne = try await catalog.replicas(after: position, on: .numbered(10), limit: 100)
                try require(
                    ofOne, is: later.filter { $0.node == .numbered(10) }, "those of one node after \(chunk), \(node)")
            }
        }
    }

    private func checkDrawing(_ catalog: any OwnerCatalog) async throws {
        let entropy = SeededEntropy(seed: 11)
        let positions = (0..<2000).map { _ in entropy.unit() }
        try require(try await catalog.replicas(at: positions), is: [], "replicas drawn from nothing")
        guard self != .drawingFromNothing else { return }
        try await OwnerCatalogReading.place((1...9).map { ($0, [10, 20, 30]) }, in: catalog)
        try await catalog.prepare((20...24).map { Sample.prepared($0) })
        if self == .drawingSurvivesOddPositions {
            let odd = [0, 1, -1, 2, Double.nan, .infinity, -.infinity, 1.0.nextDown, .leastNonzeroMagnitude]
            let found = try await catalog.replicas(at: odd)
            try require((1...odd.count).contains(found.count), "odd positions draw nothing")
            return
        }
        var expected = 27
        if self == .drawingLeavesOutWhatDoesNotCount {
            try await catalog.update([
                Sample.replica(1, on: 10, .released), Sample.replica(9, on: 10, .released),
                Sample.replica(9, on: 20, .lost(.silent, at: Self.moment)), Sample.replica(9, on: 30, .released),
            ])
            expected -= 4
        }
        let found = try await catalog.replicas(at: positions)
        try require(found.allSatisfy(\.state.counts), "a replica that does not count was drawn")
        try require(found.count, is: expected, "replicas drawn by many positions, each once")
        try require(try await catalog.replicas(at: []), is: [], "replicas drawn by no position")
        try require(try await catalog.replicas(at: [0.5]).count, is: 1, "replicas drawn by one position")
    }

    private func checkExpiring(_ catalog: any OwnerCatalog) async throws {
        try await OwnerCatalogReading.place([(1, [5, 6, 7, 8, 9])], in: catalog)
        let lost = ReplicaState.lost(.silent, at: Self.moment)
        try await catalog.update([
            Sample.replica(1, on: 5, lease: 300), Sample.replica(1, on: 6, lease: 100),
            Sample.replica(1, on: 7, lease: 500), Sample.replica(1, on: 8, lost, lease: 50),
            Sample.replica(1, on: 9, .suspect(since: Self.moment, tries: 1), lease: 499),
        ])
        let found = try await catalog.replicasExpiring(before: Timestamp(seconds: 500), limit: 10)
        try require(found.map(\.node), is: [6, 5, 9].map { .numbered($0) }, "nodes of expiring replicas")
        let one = try await catalog.replicasExpiring(before: Timestamp(seconds: 500), limit: 1)
        try require(one.map(\.node), is: [.numbered(6)], "the first to expire")
    }

    private func checkNodes(_ catalog: any OwnerCatalog) async throws {
        try await catalog.saw([Sample.node(3), Sample.node(1), Sample.node(2)])
        try require(try await catalog.nodes().map(\.id), is: [1, 2, 3].map { .numbered($0) }, "nodes")
        guard self == .sawUpdatesNodes else { return }
        try await catalog.saw([Sample.node(2, label: "", seen: 500), Sample.node(3, label: "roof – ü", seen: 50)])
        try await catalog.saw([])
        let expected = [
            Sample.node(1), Sample.node(2, label: "", seen: 500), Sample.node(3, label: "roof – ü", seen: 100),
        ]
        try require(try await catalog.nodes(), is: expected, "nodes seen again")
    }

    private func checkSummary(_ catalog: any OwnerCatalog) async throws {
        var expected = CatalogSummary()
        try require(try await catalog.summary(), is: expected, "the summary of nothing")
        guard self == .summaryCounts else { return }
        // Of quorum 3: one whole, one short by one, one short by three, one never placed.
        try await OwnerCatalogReading.place([(1, [5, 6, 7]), (2, [5, 6]), (3, [5]), (4, [])], in: catalog)
        try await catalog.update([
            Sample.replica(1, on: 6, .suspect(since: Self.moment, tries: 1), proven: 90),
            Sample.replica(2, on: 6, proven: 80), Sample.replica(3, on: 5, .lost(.refuted, at: Self.moment), proven: 1),
        ])
        let head = HeadRecord(sequence: 1, bytes: [])
        try await catalog.add(Sample.snapshot(1, at: 1), head: head)
        expected.snapshots = 1
        expected.chunks = 4
        expected.sealedBytes = 4400 + 10
        expected.chunksBelowQuorum = 2
        expected.chunksWithoutReplica = 1
        expected.pendingReplicas = 1 + 3
        expected.replicas.valid = 4
        expected.replicas.suspect = 1
        expected.replicas.lost = 1
        func node(_ number: UInt64, _ counts: (Int, Int, Int), _ bytes: Int64, _ proof: Int64) -> NodeSummary {
            var replicas = ReplicaCounts()
            (replicas.valid, replicas.suspect, replicas.lost) = counts
            return NodeSummary(
                node: Sample.accepted(Sample.replica(1, on: number)).node, replicas: replicas, sealedBytes: bytes,
                oldestProof: Timestamp(seconds: proof))
        }
        expected.byNode = [
            node(5, (2, 0, 1), 1101 + 1102, 100), node(6, (1, 1, 0), 1101 + 1102, 80), node(7, (1, 0, 0), 1101, 100),
        ]
        try require(try await catalog.summary(), is: expected, "the summary")
    }

    private func checkReopening(_ subject: PortUnderTest<any OwnerCatalog>) async throws {
        try await OwnerCatalogReading.place([(1, [5, 6]), (2, [5])], in: subject.port)
        let lost = Sample.replica(1, on: 6, .lost(.expired, at: Self.moment))
        try await subject.port.update([lost])
        let summary = try await subject.port.summary()
        let again = try await subject.reopen()
        try await requireReplicas([Sample.replica(1, on: 5), lost], of: 1, in: again)
        try require(try await again.summary(), is: summary, "the summary after reopening")
        try await requireLive(1, of: 1, in: again)
    }

    private func checkConcurrentRecords(_ catalog: any OwnerCatalog) async throws {
        try await catalog.prepare((0..<16).map { Sample.prepared($0) })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for node in 1...8 as ClosedRange<UInt64> {
                tasks.addTask {
                    try await catalog.record((0..<16).map { Sample.accepted(Sample.replica($0, on: node)) })
                }
            }
            try await tasks.waitForAll()
        }
        try require(try await catalog.summary().replicas.valid, is: 128, "valid replicas")
        try await requireLive(8, of: 15, in: catalog)
    }
}
