import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite(.timeLimit(.minutes(1))) struct RestoreWriterTests {
    private let tree = InMemoryTree()
    private let gate = ByteGate(capacity: 1 << 20)
    private let attributes = EntryAttributes(mode: 0o750, user: 1, group: 2, modifiedSeconds: 7, modifiedNanoseconds: 8)

    private func chunk(_ number: UInt64, size: Int) async throws -> FetchedChunk {
        try await gate.enter(size)
        return FetchedChunk(ChunkRef(id: .numbered(number), contentKey: Bytes32(), plainSize: size), gate: gate)
    }

    private func whole(_ chunk: FetchedChunk) -> Segment {
        Segment(fileOffset: 0, length: chunk.ref.plainSize, chunk: chunk.ref, chunkOffset: 0)
    }

    private func path(_ text: String) throws -> TreePath { try #require(TreePath(Array(text.utf8))) }

    private func small(_ text: String) throws -> RestoreStep { .small(try path(text), attributes, size: 0, []) }

    private var names: Set<String> { Set(tree.sketch("/out").keys) }

    /// - Parameter body: what is to happen while the steps are carried out.
    private func carryOut(_ steps: [RestoreStep], while body: () async throws -> Void = {}) async throws {
        let progress = ProgressMeter(RestoreProgress(), time: TestTime(), tell: { _ in })
        let writer = RestoreWriter(target: tree.restoring(into: "/out"), progress: progress, note: { _ in })
        let working = Task { try await writer.work() }
        for step in steps { try await writer.take(step) }
        writer.close()
        try await body()
        try await working.value
    }

    private func wait(for name: String) async throws {
        while !names.contains(name) { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test func aLargeFileThatWaitsForAChunkHoldsUpOnlyWhatComesAfterIt() async throws {
        let chunk = try await chunk(1, size: 3)
        let steps: [RestoreStep] = [
            .directory(try path("d")), .begin(try path("d/large"), attributes, size: 3), .write(whole(chunk), chunk),
            .end, try small("d/small"), .finishDirectory(try path("d"), attributes), .directory(try path("e")),
            try small("e/small"), .finishDirectory(try path("e"), attributes),
            .hardLink(try path("link"), original: try path("d/large")),
        ]
        try await carryOut(steps) {
            try await wait(for: "e/small")
            #expect(names == ["d", "d/small", "e", "e/small"])
            #expect(tree.sketch("/out")["d"]?.attributes != attributes, "finished before what is in it")
            chunk.plaintext.fulfil(.success(OpenedChunk(payload: [1, 2, 3], range: 0..<3)))
        }
        let made = tree.sketch("/out")
        #expect(made["d/large"]?.content == [1, 2, 3])
        #expect(made["d"]?.attributes == attributes && made["e"]?.attributes == attributes)
        #expect(made["link"]?.linkedTo == "d/large" || made["d/large"]?.linkedTo == "link")
    }

    @Test func smallFilesThatWaitForAChunkDoNotHoldUpLargeOnes() async throws {
        let (late, early) = (try await chunk(1, size: 1), try await chunk(2, size: 2))
        let steps: [RestoreStep] = [
            .small(try path("small"), attributes, size: 1, [(whole(late), late)]),
            .begin(try path("large"), attributes, size: 2), .write(whole(early), early), .end,
        ]
        try await carryOut(steps) {
            early.plaintext.fulfil(.success(OpenedChunk(payload: [1, 2], range: 0..<2)))
            try await wait(for: "large")
            #expect(names == ["large"])
            late.plaintext.fulfil(.success(OpenedChunk(payload: [9], range: 0..<1)))
        }
        #expect(names == ["small", "large"])
    }

    /// Each step gives its room back, whichever way it went.
    @Test func moreStepsThanThereIsRoomForAreCarriedOut() async throws {
        let (folder, link) = (try path("d"), try path("d/link"))
        let round: [RestoreStep] = [
            .directory(folder), .symlink(link, attributes, target: [1]), .end, .finishDirectory(folder, attributes),
        ]
        try await carryOut((0..<5000).flatMap { _ in round })
        #expect(names == ["d", "d/link"])
    }
}
