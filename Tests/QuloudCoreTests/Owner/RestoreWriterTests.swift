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

    private func writer(on target: any RestoreTree) -> RestoreWriter {
        let progress = ProgressMeter(RestoreProgress(), time: TestTime(), tell: { _ in })
        return RestoreWriter(target: target, progress: progress, note: { _ in })
    }

    /// - Parameter body: what is to happen while the steps are carried out.
    private func carryOut(
        _ steps: [RestoreStep], on target: (any RestoreTree)? = nil, while body: () async throws -> Void = {}
    ) async throws {
        let writer = writer(on: target ?? tree.restoring(into: "/out"))
        async let working: Void = writer.work()
        for step in steps { try await writer.take(step) }
        writer.close()
        try await body()
        try await working
    }

    private func wait(for name: String) async throws {
        while !names.contains(name) { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// Thousands of steps are read ahead; paths, link targets and extended attributes have up to 64 KiB each.
    @Test func whatAStepHoldsTakesRoom() throws {
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 65_536)
        var rich = attributes
        rich.xattrs = [ExtendedAttribute(name: Array("user.a".utf8), value: long)]
        let deep = [[UInt8]](repeating: Array(long.prefix(255)), count: 256).joined(separator: [UInt8(ascii: "/")])
        let (path, far) = (try path("a"), try #require(TreePath(Array(deep))))
        for step: RestoreStep in [
            .finishDirectory(path, rich), .symlink(path, rich, target: []), .small(path, rich, size: 0, []),
            .begin(path, rich, size: 0), .symlink(path, attributes, target: long), .directory(far),
            .hardLink(path, original: far), .hardLink(far, original: path), .small(far, attributes, size: 0, []),
        ] { #expect(step.footprint > 65_000) }
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

    /// One lane fails while the other waits for a chunk that never comes.
    @Test func aFullDiskEndsAllLanes() async throws {
        let chunk = try await chunk(1, size: 3)
        let steps: [RestoreStep] = [
            .begin(try path("large"), attributes, size: 3), .write(whole(chunk), chunk), .end, try small("small"),
            .finishDirectory(.base, attributes),
        ]
        await #expect(throws: RestoreStopped.self) { try await carryOut(steps, on: FullTree()) }
    }

    @Test func aCancelledRestoreDoesNotWaitForItsChunks() async throws {
        let chunk = try await chunk(1, size: 3)
        let steps: [RestoreStep] = [
            .begin(try path("large"), attributes, size: 3), .write(whole(chunk), chunk), .end,
            .finishDirectory(.base, attributes),
        ]
        let restoring = Task { try await carryOut(steps) }
        try await Task.sleep(for: .milliseconds(20))
        restoring.cancel()
        await #expect(throws: CancellationError.self) { try await restoring.value }
    }

    /// The original of the link was not selected, so the link gets the content in a second pass.
    @Test func aDirectoryIsFinishedAfterLinksWhoseOriginalsComeLater() async throws {
        let log = LoggingTree(tree: tree.restoring(into: "/out"))
        let writer = writer(on: log)
        let reader = RestoreReader(select: [try path("b")], gate: gate, fetches: WorkQueue(), writer: writer)
        let original = try path("a/x")
        try await reader.read([
            .directory(try path("b"), attributes), .directory(try path("b/c"), attributes),
            .hardLink(try path("b/c/y"), original: original), .directory(try path("b/d"), attributes),
        ])
        try await reader.finish()
        let orphans = await reader.orphanLinks
        try await reader.readOriginals([.file(original, attributes, size: 0, [])], wanted: orphans)
        try await reader.finishOriginals()
        writer.close()
        try await writer.work()
        #expect(log.entries.value.filter { $0 != "finish b/d" } == ["make b/c/y", "finish b/c", "finish b"])
    }
}

/// Has no room for small files.
private struct FullTree: RestoreTree {
    private let inner = InMemoryTree().restoring(into: "/out")
    private static let full = TreeError(.full, "write: no space")

    func makeDirectory(_ path: TreePath) async throws(TreeError) { try await inner.makeDirectory(path) }
    func makeSymlink(_: TreePath, target _: [UInt8], attributes _: EntryAttributes) async throws(TreeError) -> [String]
    {
        throw Self.full
    }
    func makeHardLink(_: TreePath, to _: TreePath) async throws(TreeError) { throw Self.full }
    func makeFile(_ path: TreePath) async throws(TreeError) -> any RestoreFile { try await inner.makeFile(path) }
    func makeFiles(_ files: [SmallFile]) async -> [Result<[String], TreeError>] {
        files.map { _ in .failure(Self.full) }
    }
    func finishDirectory(_: TreePath, attributes _: EntryAttributes) async throws(TreeError) -> [String] { [] }
    func sync() async throws(TreeError) {}
}

/// Tells in which order small files are made and directories finished.
private struct LoggingTree: RestoreTree {
    let tree: InMemoryRestoreTree
    let entries = Shared<[String]>([])

    func makeDirectory(_ path: TreePath) async throws(TreeError) { try await tree.makeDirectory(path) }
    func makeSymlink(
        _ path: TreePath, target: [UInt8], attributes: EntryAttributes
    ) async throws(TreeError) -> [String] {
        try await tree.makeSymlink(path, target: target, attributes: attributes)
    }
    func makeHardLink(_ path: TreePath, to original: TreePath) async throws(TreeError) {
        try await tree.makeHardLink(path, to: original)
    }
    func makeFile(_ path: TreePath) async throws(TreeError) -> any RestoreFile { try await tree.makeFile(path) }
    func makeFiles(_ files: [SmallFile]) async -> [Result<[String], TreeError>] {
        entries.withLock { entries in entries += files.map { "make \($0.path)" } }
        return await tree.makeFiles(files)
    }
    func finishDirectory(_ path: TreePath, attributes: EntryAttributes) async throws(TreeError) -> [String] {
        entries.withLock { $0.append("finish \(path)") }
        return try await tree.finishDirectory(path, attributes: attributes)
    }
    func sync() async throws(TreeError) {}
}
