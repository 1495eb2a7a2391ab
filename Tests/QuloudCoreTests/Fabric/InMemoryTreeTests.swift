import QuloudCore
import QuloudTestKit
import Testing

@Suite struct InMemoryTreeTests {
    private let tree = InMemoryTree()

    private func path(_ text: String) throws -> TreePath { try #require(TreePath(Array(text.utf8))) }

    @Test func listsInOrderOfBytes() async throws {
        for name in ["b", "a", "a-b", "ab/inside"] { tree.write("/x/\(name)", [1]) }
        tree.symlink("/x/link", to: "a")
        tree.special("/x/pipe")
        let names = try await tree.list(InMemoryTree.path("/x")).map { String(decoding: $0.name, as: UTF8.self) }
        #expect(names == ["a", "a-b", "ab", "b", "link", "pipe"])
        #expect(try await tree.entry(at: InMemoryTree.path("/x/ab")).kind == .directory)
        #expect(try await tree.entry(at: InMemoryTree.path("/x/link")).kind == .symlink(target: [0x61]))
    }

    @Test func hardLinksShareAnInode() async throws {
        tree.write("/a", [1])
        tree.link("/b", to: "/a")
        let (a, b) = (try await tree.entry(at: [0x2F, 0x61]), try await tree.entry(at: [0x2F, 0x62]))
        #expect(a.stamp == b.stamp && a.stamp.links == 2)
    }

    @Test func changesWhileReadingShow() async throws {
        tree.write("/f", [1, 2, 3])
        let entry = try await tree.entry(at: InMemoryTree.path("/f"))
        let tree = tree
        tree.beforeRead { [unowned tree] path, _ in tree.write(path, [9]) }
        let results = await tree.read([entry], in: [])
        #expect(throws: TreeError.self) { try results[0].get() }
        let file = try await tree.open(InMemoryTree.path("/f"))
        _ = try await file.read(at: 0, count: 1)
        #expect(try await file.currentStamp() != file.stamp)
    }

    @Test func vanishedAndDeniedFilesAreNamed() async throws {
        tree.write("/f", [1])
        tree.write("/g", [1])
        let entries = try await tree.list([])
        tree.remove("/f")
        tree.deny("/g")
        let kinds = await tree.read(entries, in: []).map { result -> TreeError.Kind? in
            if case .failure(let error) = result { error.kind } else { nil }
        }
        #expect(kinds == [.vanished, .denied])
    }

    @Test func restoredFilesAppearWhenFinished() async throws {
        let target = tree.restoring(into: "/out")
        try await target.makeDirectory(path("d"))
        let file = try await target.makeFile(path("d/f"))
        try await file.write([1, 2, 3, 4], from: 1, count: 2, at: 10)
        #expect(tree.sketch("/out")["d/f"] == nil)
        _ = try await file.finish(size: 20, attributes: InMemoryTree.plain)
        let sketch = try #require(tree.sketch("/out")["d/f"])
        #expect(sketch.content == [UInt8](repeating: 0, count: 10) + [2, 3] + [UInt8](repeating: 0, count: 8))
        #expect(sketch.ranges == [10..<12])
    }

    @Test func existingFilesAreRefusedUnlessToldOtherwise() async throws {
        tree.write("/out/f", [1])
        await #expect(throws: TreeError.self) { _ = try await tree.restoring(into: "/out").makeFile(path("f")) }
        let file = try await tree.restoring(into: "/out", overwrite: true).makeFile(path("f"))
        _ = try await file.finish(size: 0, attributes: InMemoryTree.plain)
        #expect(tree.sketch("/out")["f"]?.content == [])
    }
}
