package import QuloudCore

/// The contract of `BlobStore`, rule by rule.
package enum BlobStoreConformance: String, ConformanceRule {
    case roundTrip, missingIsNil, putAgainReplaces, putTwiceKeepsOne, sameNameTwiceInOneCallKeepsTheLast
    case batchIsUnseenUntilCommitted, batchLetGoLeavesNothing, addedAtOnceAllArrive, batchIsCommittedOnce
    case emptyPutSucceeds, emptyBlobRoundTrips, bigBlobRoundTrips, groupOf64RoundTrips
    case removeHidesTheBlob, removeMissingSucceeds, removedNameCanBePutAgain
    case quarantineHidesTheBlob, quarantineMissingSucceeds, quarantinedNameCanBePutAgain, quarantineTwiceOfOneName
    case namesPageInOrder, namesLeaveOutRemovedAndQuarantined, noNamesInAnEmptyStore
    case survivesReopen, removalSurvivesReopen, quarantineSurvivesReopen
    case roomIsPlausible, concurrentPutsAllArrive, readersSeeWholeBlobs

    /// Checks this rule against a fresh store. Throws `ConformanceFailure`, or whatever the store throws.
    package func check(_ make: @Sendable () async throws -> PortUnderTest<any BlobStore>) async throws {
        let subject = try await make()
        switch self {
        case .roundTrip, .missingIsNil, .putAgainReplaces, .putTwiceKeepsOne, .sameNameTwiceInOneCallKeepsTheLast,
            .emptyPutSucceeds, .emptyBlobRoundTrips, .bigBlobRoundTrips, .groupOf64RoundTrips:
            try await checkPutting(subject.port)
        case .batchIsUnseenUntilCommitted, .batchLetGoLeavesNothing, .addedAtOnceAllArrive, .batchIsCommittedOnce:
            try await checkBatches(subject)
        case .removeHidesTheBlob, .removeMissingSucceeds, .removedNameCanBePutAgain:
            try await checkRemoving(subject.port)
        case .quarantineHidesTheBlob, .quarantineMissingSucceeds, .quarantinedNameCanBePutAgain,
            .quarantineTwiceOfOneName:
            try await checkQuarantine(subject.port)
        case .namesPageInOrder, .namesLeaveOutRemovedAndQuarantined, .noNamesInAnEmptyStore:
            try await checkNames(subject.port)
        case .survivesReopen, .removalSurvivesReopen, .quarantineSurvivesReopen:
            try await checkReopening(subject)
        case .roomIsPlausible: try await checkRoom(subject.port)
        case .concurrentPutsAllArrive: try await checkConcurrentPuts(subject.port)
        case .readersSeeWholeBlobs: try await checkReadersDuringPut(subject.port)
        }
    }

    private static func blob(_ number: UInt64, size: Int = 300, fill: UInt8 = 0) -> NamedBlob {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(number)) ^ fill }
        return NamedBlob(name: .numbered(number), bytes: bytes)
    }

    private func requireStored(_ blobs: [NamedBlob], in store: any BlobStore) async throws {
        for blob in blobs {
            let found = try await store.read(blob.name)
            try require(
                found == blob.bytes, "blob \(blob.name.short) is \(found.map { "\($0.count) other bytes" } ?? "gone")")
        }
    }

    private func requireNames(_ numbers: [UInt64], in store: any BlobStore) async throws {
        let found = try await store.names(after: nil, limit: 1000)
        try require(found, is: numbers.map { .numbered($0) }, "names")
    }

    private func checkPutting(_ store: any BlobStore) async throws {
        let first = Self.blob(1)
        switch self {
        case .missingIsNil:
            try require(try await store.read(.numbered(9)) == nil, "a name never put has a blob")
        case .putAgainReplaces:
            let other = Self.blob(1, size: 77, fill: 0xFF)
            try await store.put([first])
            try await store.put([other])
            try await requireStored([other], in: store)
            try await requireNames([1], in: store)
        case .putTwiceKeepsOne:
            try await store.put([first])
            try await store.put([first])
            try await requireStored([first], in: store)
            try await requireNames([1], in: store)
        case .sameNameTwiceInOneCallKeepsTheLast:
            let last = Self.blob(1, size: 12, fill: 0x55)
            try await store.put([first, Self.blob(2), last])
            try await requireStored([Self.blob(2), last], in: store)
            try await requireNames([1, 2], in: store)
        case .emptyPutSucceeds:
            try await store.put([])
            try await requireNames([], in: store)
        case .emptyBlobRoundTrips:
            try await store.put([NamedBlob(name: .numbered(4), bytes: [])])
            try await requireStored([NamedBlob(name: .numbered(4), bytes: [])], in: store)
        case .bigBlobRoundTrips:
            let big = Self.blob(5, size: 1 << 20)
            try await store.put([big])
            try await requireStored([big], in: store)
        case .groupOf64RoundTrips:
            // Names that differ in their first bytes too, so that they spread over whatever the store shards by.
            let names = SeededEntropy(seed: 64)
            let group = (0..<64).map {
                NamedBlob(name: .drawn(from: names), bytes: Self.blob($0, size: 1000 + Int($0)).bytes)
            }
            try await store.put(group)
            try await requireStored(group, in: store)
            let found = try await store.names(after: nil, limit: 100)
            try require(found == group.map(\.name).sorted(), "the names of a group are not those put")
        default:
            try await store.put([first])
            try await requireStored([first], in: store)
            try await requireNames([1], in: store)
        }
    }

    private func checkBatches(_ subject: PortUnderTest<any BlobStore>) async throws {
        let (kept, blobs) = (Self.blob(90), (0..<20).map { Self.blob($0, size: 5000) })
        try await subject.port.put([kept])
        do {
            let batch = subject.port.batch()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for blob in blobs { tasks.addTask { try await batch.add(blob) } }
                try await tasks.waitForAll()
            }
            try await requireNames([90], in: subject.port)
            try require(try await subject.port.read(blobs[0].name) == nil, "a blob can be read before the commit")
            if self != .batchLetGoLeavesNothing { try await batch.commit() }
            if self == .batchIsCommittedOnce { try await requireEnded(batch) }
        }
        let store = self == .addedAtOnceAllArrive ? subject.port : try await subject.reopen()
        try await requireStored(self == .batchLetGoLeavesNothing ? [kept] : blobs + [kept], in: store)
        try await requireNames(self == .batchLetGoLeavesNothing ? [90] : Array(0..<20) + [90], in: store)
    }

    private func requireEnded(_ batch: any BlobBatch) async throws {
        var refused = 0
        do { try await batch.add(Self.blob(91)) } catch { refused += 1 }
        do { try await batch.commit() } catch { refused += 1 }
        try require(refused == 2, "a batch that was committed takes more, or is committed again")
    }

    private func checkRemoving(_ store: any BlobStore) async throws {
        let blobs = [Self.blob(1), Self.blob(2)]
        if self == .removeMissingSucceeds {
            try await store.remove([.numbered(1)])
            try await store.remove([])
            try await store.put(blobs)
            try await store.remove([.numbered(9), .numbered(1), .numbered(1)])
            try await requireNames([2], in: store)
            return
        }
        try await store.put(blobs)
        try await store.remove([.numbered(1)])
        try require(try await store.read(.numbered(1)) == nil, "a removed blob can be read")
        try await requireStored([blobs[1]], in: store)
        if self == .removedNameCanBePutAgain {
            try await store.put([blobs[0]])
            try await requireStored(blobs, in: store)
        }
    }

    private func checkQuarantine(_ store: any BlobStore) async throws {
        let blobs = [Self.blob(1), Self.blob(2)]
        if self == .quarantineMissingSucceeds {
            try await store.quarantine(.numbered(1))
            try await requireNames([], in: store)
            return
        }
        try await store.put(blobs)
        try await store.quarantine(.numbered(1))
        try require(try await store.read(.numbered(1)) == nil, "a blob in quarantine can be read")
        try await requireStored([blobs[1]], in: store)
        guard self != .quarantineHidesTheBlob else { return }
        try await store.put([blobs[0]])
        try await requireStored(blobs, in: store)
        guard self == .quarantineTwiceOfOneName else { return }
        try await store.quarantine(.numbered(1))
        try await requireNames([2], in: store)
    }

    private func checkNames(_ store: any BlobStore) async throws {
        if self == .noNamesInAnEmptyStore { return try await requireNames([], in: store) }
        let entropy = SeededEntropy(seed: 7)
        let blobs = (0..<50).map { _ in NamedBlob(name: .drawn(from: entropy), bytes: entropy.bytes(40)) }
        try await store.put(blobs)
        var expected = blobs.map(\.name).sorted()
        if self == .namesLeaveOutRemovedAndQuarantined {
            try await store.remove([expected[3], expected[49]])
            try await store.quarantine(expected[20])
            expected = expected.enumerated().filter { ![3, 49, 20].contains($0.offset) }.map(\.element)
        }
        var found: [HoldingKey] = []
        while true {
            let page = try await store.names(after: found.last, limit: 7)
            try require(page.count <= 7, "a page is longer than its limit")
            if page.isEmpty { break }
            found += page
            try require(found.count <= blobs.count, "paging does not end")
        }
        try require(found == expected, "paging does not give each name once, in order")
        let after = try await store.names(after: expected[10], limit: 1)
        try require(after, is: [expected[11]], "the name after another")
        // A name that is not there is a position all the same.
        try require(try await store.names(after: .numbered(0), limit: 1), is: [expected[0]], "the first name")
    }

    private func checkReopening(_ subject: PortUnderTest<any BlobStore>) async throws {
        let blobs = (1...5).map { Self.blob($0) }
        try await subject.port.put(blobs)
        switch self {
        case .removalSurvivesReopen: try await subject.port.remove([.numbered(3)])
        case .quarantineSurvivesReopen: try await subject.port.quarantine(.numbered(3))
        default: break
        }
        let again = try await subject.reopen()
        let kept = self == .survivesReopen ? blobs : blobs.filter { $0.name != .numbered(3) }
        try await requireStored(kept, in: again)
        try require(try await again.names(after: nil, limit: 10), is: kept.map(\.name), "names after reopening")
        try await again.put([Self.blob(6)])
        try await requireStored(kept + [Self.blob(6)], in: again)
    }

    private func checkRoom(_ store: any BlobStore) async throws {
        try await store.put([Self.blob(1)])
        let room = try await store.room()
        try require(room.totalBytes > 0, "no total room")
        try require((0...room.totalBytes).contains(room.freeBytes), "free room is not within the total")
    }

    private func checkConcurrentPuts(_ store: any BlobStore) async throws {
        let groups = (0..<8).map { group in (0..<8).map { Self.blob(UInt64(group * 8 + $0)) } }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for group in groups { tasks.addTask { try await store.put(group) } }
            try await tasks.waitForAll()
        }
        for group in groups { try await requireStored(group, in: store) }
        try await requireNames(Array(0..<64), in: store)
    }

    private func checkReadersDuringPut(_ store: any BlobStore) async throws {
        let versions = (0..<6).map { Self.blob(1, size: 50_000, fill: UInt8($0)) }
        try await store.put([versions[0]])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for version in versions { try await store.put([version]) } }
            tasks.addTask {
                for _ in 0..<40 {
                    let found = try await store.read(.numbered(1))
                    try self.require(versions.contains { $0.bytes == found }, "a reader saw part of a blob, or none")
                }
            }
            try await tasks.waitForAll()
        }
    }
}
