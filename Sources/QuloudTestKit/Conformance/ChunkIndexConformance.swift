package import QuloudCore

/// The contracts of `ChunkIndex` and `HeadStore`, rule by rule.
package enum ChunkIndexConformance: String, ConformanceRule {
    case roundTrip, everyFieldIsKept, commitAgainReplaces, commitNothing, unknownChunksAreAbsent
    case allHoldingsOfAChunk, groupsAreFound, removeForgets, removeUnknownSucceeds
    case usageOfNothing, usageFollowsChanges
    case expiredOldestFirst, expiredLeavesOutTheMomentItself, trashCountsByItsOwnEnd, expiredIsBounded
    case pagesInOrder, survivesReopen
    case headRoundTrip, lowerSequenceIsRefused, greatestSequenceIsKept, headsAreBounded, headSurvivesReopen
    case concurrentCommitsAllArrive

    /// Checks this rule against a fresh index that keeps heads of this many owners. Throws `ConformanceFailure`, or whatever
    /// the index throws.
    package func check(
        headsMax: Int = Limits.headsPerHolderMax,
        _ make: @Sendable () async throws -> PortUnderTest<any ChunkIndex & HeadStore>
    ) async throws {
        let subject = try await make()
        let index = subject.port
        switch self {
        case .roundTrip, .everyFieldIsKept, .commitAgainReplaces, .commitNothing, .unknownChunksAreAbsent,
            .allHoldingsOfAChunk:
            try await checkCommitting(index)
        case .groupsAreFound: try await checkGroups(index)
        case .removeForgets, .removeUnknownSucceeds: try await checkRemoving(index)
        case .usageOfNothing, .usageFollowsChanges: try await checkUsage(index)
        case .expiredOldestFirst, .expiredLeavesOutTheMomentItself, .trashCountsByItsOwnEnd, .expiredIsBounded:
            try await checkExpired(index)
        case .pagesInOrder: try await checkPages(index)
        case .survivesReopen: try await checkReopening(subject)
        case .headRoundTrip, .lowerSequenceIsRefused, .greatestSequenceIsKept: try await checkHeads(index)
        case .headsAreBounded: try await checkHeadLimit(headsMax, index)
        case .headSurvivesReopen: try await checkHeadReopening(subject)
        case .concurrentCommitsAllArrive: try await checkConcurrentCommits(index)
        }
    }

    private func requireAll(_ holdings: [Holding], in index: any ChunkIndex) async throws {
        let found = try await index.holdings(after: nil, limit: 1000)
        try require(found, is: holdings, "all holdings")
    }

    private func checkCommitting(_ index: any ChunkIndex) async throws {
        let first = Sample.holding(1, chunk: 40)
        switch self {
        case .everyFieldIsKept:
            let holdings = [
                Sample.holding(1, chunk: 40, group: 9, .trashed, trashedUntil: 77),
                Sample.holding(2, chunk: 41, size: 0, lease: -5, .damaged),
                Holding(
                    key: .numbered(3), chunk: .numbered(42), size: 1 << 40, storedSize: 1 << 41, sealedTerms: [],
                    groupTag: [], leaseUntil: Timestamp(milliseconds: .max),
                    storedAt: Timestamp(milliseconds: .min)),
            ]
            try await index.commit(holdings)
            try await requireAll(holdings, in: index)
        case .commitAgainReplaces:
            let other = Sample.holding(1, chunk: 41, size: 3, group: 4, lease: 7, .trashed, trashedUntil: 8)
            try await index.commit([first])
            try await index.commit([first])
            try await index.commit([other])
            try await requireAll([other], in: index)
            try require(try await index.holdings(of: [first.chunk]), is: [:], "holdings of the chunk before")
        case .commitNothing:
            try await index.commit([])
            try await requireAll([], in: index)
        case .unknownChunksAreAbsent:
            try await index.commit([first])
            let found = try await index.holdings(of: [.numbered(99), first.chunk, first.chunk])
            try require(found, is: [first.chunk: [first]], "holdings of a known and an unknown chunk")
            try require(try await index.holdings(of: []), is: [:], "holdings of no chunk")
        case .allHoldingsOfAChunk:
            let states: [Holding.State] = [.stored, .trashed, .damaged]
            let holdings = (1...3).map { Sample.holding($0, chunk: 40, states[Int($0) - 1]) }
            try await index.commit(holdings + [Sample.holding(4, chunk: 41)])
            let found = try await index.holdings(of: [.numbered(40)])[.numbered(40), default: []]
            try require(found.sorted { $0.key < $1.key }, is: holdings, "holdings of one chunk")
        default:
            try await index.commit([first])
            try require(try await index.holdings(of: [first.chunk]), is: [first.chunk: [first]], "holdings")
        }
    }

    private func checkGroups(_ index: any ChunkIndex) async throws {
        try await index.commit([Sample.holding(1, chunk: 40, group: 5), Sample.holding(2, chunk: 41)])
        try require(try await index.hasGroup([5, 5], otherThan: .numbered(41)), "a group's chunk is not found")
        try require(!(try await index.hasGroup([5, 5], otherThan: .numbered(40))), "a chunk stands in its own way")
        try require(
            !(try await index.hasGroup([6, 6], otherThan: .numbered(40))), "a group that is not there is found")
        try require(!(try await index.hasGroup([], otherThan: .numbered(40))), "chunks without a group are one")
        try await index.commit([Sample.holding(1, chunk: 40, group: 5, .trashed, trashedUntil: 9)])
        try require(try await index.hasGroup([5, 5], otherThan: .numbered(41)), "a trashed chunk leaves its group")
        try await index.remove([.numbered(1)])
        try require(!(try await index.hasGroup([5, 5], otherThan: .numbered(41))), "a removed chunk is in its group")
    }

    private func checkRemoving(_ index: any ChunkIndex) async throws {
        let holdings = (1...3).map { Sample.holding($0, chunk: 40 + $0) }
        try await index.commit(holdings)
        if self == .removeUnknownSucceeds {
            try await index.remove([.numbered(9)])
            try await index.remove([])
            try await requireAll(holdings, in: index)
        } else {
            try await index.remove([.numbered(1), .numbered(3), .numbered(3)])
            try await requireAll([holdings[1]], in: index)
            try require(try await index.holdings(of: [.numbered(41)]), is: [:], "holdings of a removed chunk")
        }
    }

    private func checkUsage(_ index: any ChunkIndex) async throws {
        var expected = HolderUsage()
        try require(try await index.usage(), is: expected, "usage of nothing")
        guard self == .usageFollowsChanges else { return }
        try await index.commit([
            Sample.holding(1, chunk: 41, size: 100), Sample.holding(2, chunk: 42, size: 1000, .trashed),
            Sample.holding(3, chunk: 43, size: 5, .damaged),
        ])
        expected.chunks = 3
        expected.storedBytes = 100 + 1000 + 5 + 300
        expected.trashedChunks = 1
        expected.damagedChunks = 1
        try require(try await index.usage(), is: expected, "usage of three")
        try await index.commit([
            Sample.holding(1, chunk: 41, size: 200, .trashed), Sample.holding(3, chunk: 43, size: 5),
        ])
        expected.storedBytes += 100
        expected.trashedChunks = 2
        expected.damagedChunks = 0
        try require(try await index.usage(), is: expected, "usage after replacing")
        try await index.remove([.numbered(1), .numbered(1), .numbered(8)])
        expected.chunks = 2
        expected.storedBytes -= 300
        expected.trashedChunks = 1
        try require(try await index.usage(), is: expected, "usage after removing")
    }

    private func checkExpired(_ index: any ChunkIndex) async throws {
        let holdings: [Holding]
        let expected: [UInt64]
        switch self {
        case .expiredLeavesOutTheMomentItself:
            holdings = [Sample.holding(1, chunk: 41, lease: 500), Sample.holding(2, chunk: 42, lease: 499)]
            expected = [2]
        case .trashCountsByItsOwnEnd:
            holdings = [
                Sample.holding(1, chunk: 41, lease: 100, .trashed, trashedUntil: 900),
                Sample.holding(2, chunk: 42, lease: 900, .trashed, trashedUntil: 400),
                Sample.holding(3, chunk: 43, lease: 300, .trashed),
                Sample.holding(4, chunk: 44, lease: 350, .damaged),
            ]
            expected = [3, 4, 2]
        default:
            holdings = [300, 100, 900, 200].enumerated().map {
                Sample.holding(UInt64($0.offset) + 1, chunk: 41, lease: $0.element)
            }
            expected = [2, 4, 1]
        }
        try await index.commit(holdings)
        let moment = Timestamp(seconds: 500)
        let found = try await index.expired(before: moment, limit: 10)
        try require(found.map(\.key), is: expected.map { .numbered($0) }, "expired holdings")
        if self == .expiredIsBounded {
            let two = try await index.expired(before: moment, limit: 2)
            try require(two.map(\.key), is: [.numbered(2), .numbered(4)], "the first two expired")
            try require(try await index.expired(before: moment, limit: 0), is: [], "none asked for")
        }
    }

    private func checkPages(_ index: any ChunkIndex) async throws {
        let entropy = SeededEntropy(seed: 3)
        let holdings = (0..<40).map { number in
            let some = Sample.holding(0, chunk: UInt64(number))
            return Holding(
                key: .drawn(from: entropy), chunk: some.chunk, size: 1, storedSize: 2, sealedTerms: [], groupTag: nil,
                leaseUntil: some.leaseUntil, storedAt: some.storedAt)
        }
        try await index.commit(holdings)
        var found: [Holding] = []
        while true {
            let page = try await index.holdings(after: found.last?.key, limit: 7)
            try require(page.count <= 7 && found.count <= 40, "pages are longer than asked for, or do not end")
            if page.isEmpty { break }
            found += page
        }
        try require(found, is: holdings.sorted { $0.key < $1.key }, "all pages")
    }

    private func checkReopening(_ subject: PortUnderTest<any ChunkIndex & HeadStore>) async throws {
        let holdings = (1...5).map { Sample.holding($0, chunk: 40 + $0, group: 3, .trashed, trashedUntil: 7) }
        try await subject.port.commit(holdings)
        try await subject.port.remove([.numbered(2)])
        let usage = try await subject.port.usage()
        let again = try await subject.reopen()
        try await requireAll(holdings.filter { $0.key != .numbered(2) }, in: again)
        try require(try await again.usage(), is: usage, "usage after reopening")
        try await again.commit([Sample.holding(6, chunk: 46)])
        try require(try await again.usage().chunks, is: 5, "chunks after reopening and one more")
    }

    private func checkHeads(_ heads: any HeadStore) async throws {
        let key = HeadKey.numbered(1)
        try require(try await heads.head(for: key) == nil, "a head never kept is there")
        switch self {
        case .lowerSequenceIsRefused:
            try require(try await heads.keep([1], sequence: 5, for: key), "the first is refused")
            try require(!(try await heads.keep([2], sequence: 5, for: key)), "the same sequence is kept")
            try require(!(try await heads.keep([2], sequence: 4, for: key)), "a lower sequence is kept")
            try require(try await heads.head(for: key), is: [1], "the head")
        case .greatestSequenceIsKept:
            // Beyond what a signed number holds.
            for (number, sequence) in [0, 1, UInt64(Int64.max), UInt64(Int64.max) + 1, .max].enumerated() {
                try require(
                    try await heads.keep([UInt8(number)], sequence: sequence, for: key), "\(sequence) is refused")
            }
            try require(!(try await heads.keep([9], sequence: 7, for: key)), "a lower sequence is kept")
            try require(try await heads.head(for: key), is: [4], "the head")
        default:
            try require(try await heads.keep([], sequence: 1, for: key), "an empty record is refused")
            try require(try await heads.keep([7, 8], sequence: 2, for: key), "a newer one is refused")
            try require(try await heads.keep([9], sequence: 1, for: .numbered(2)), "another owner's is refused")
            try require(try await heads.head(for: key), is: [7, 8], "the head")
            try require(try await heads.head(for: .numbered(2)), is: [9], "the other head")
        }
    }

    private func checkHeadLimit(_ headsMax: Int, _ heads: any HeadStore) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for number in 0..<UInt64(headsMax) {
                tasks.addTask { try await heads.keep([1], sequence: 1, for: .numbered(number)) }
            }
            for try await wasKept in tasks { try require(wasKept, "a head within the limit is refused") }
        }
        let one = UInt64(headsMax)
        try require(!(try await heads.keep([1], sequence: 1, for: .numbered(one))), "a head too many is kept")
        try require(try await heads.head(for: .numbered(one)) == nil, "a refused head is there")
        try require(try await heads.keep([2], sequence: 2, for: .numbered(0)), "a known owner's newer head is refused")
    }

    private func checkHeadReopening(_ subject: PortUnderTest<any ChunkIndex & HeadStore>) async throws {
        _ = try await subject.port.keep([5, 6], sequence: 3, for: .numbered(1))
        let again = try await subject.reopen()
        try require(try await again.head(for: .numbered(1)), is: [5, 6], "the head after reopening")
        try require(!(try await again.keep([1], sequence: 3, for: .numbered(1))), "its sequence was forgotten")
    }

    private func checkConcurrentCommits(_ index: any ChunkIndex) async throws {
        let holdings = (0..<64).map { Sample.holding($0, chunk: $0 / 2) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for start in stride(from: 0, to: 64, by: 8) {
                tasks.addTask { try await index.commit(Array(holdings[start..<start + 8])) }
            }
            try await tasks.waitForAll()
        }
        try await requireAll(holdings, in: index)
        try require(try await index.usage().chunks, is: 64, "chunks")
    }
}
