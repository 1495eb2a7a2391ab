import Glibc
import QuloudCore
import QuloudSystem
import Testing

@testable import QuloudFiles

/// Copies a nasty tree through both ports and compares everything that they carry.
@Suite struct TreeRoundTripTests {
    private let source = FileSourceTree()

    @Test func aNastyTreeComesBackTheSame() async throws {
        try await TestFolder.with { folder in
            try makeNastyTree(try folder.folder("from"))
            let from = folder["from"]
            let tree = try FileRestoreTree(root: folder["to"], overwrite: false)
            var copy = Copy(source: source, tree: tree, base: from)
            try await copy.directory(.base)
            try await tree.sync()
            #expect(copy.notes == [])
            #expect(copy.skipped == ["pipe"])
            let before = try await describe(from)
            let after = try await describe(folder["to"])
            #expect(before.count > 20)
            #expect(Array(before.keys.sorted()) == Array(after.keys.sorted()))
            for (path, entry) in before { #expect(after[path] == entry, "\(path)") }
            let links = try await source.list(folder["to"]).filter { $0.name.starts(with: Array("hard".utf8)) }
            #expect(Set(links.map(\.stamp.inode)).count == 1)
        }
    }

    private func makeNastyTree(_ root: TestFolder) throws {
        try root.file("empty")
        try root.folder("empty folder")
        try root.file([0xff, 0x80, 0xfe], Array("not UTF-8".utf8))
        try root.file("new\nline", "newline")
        try root.file([UInt8](repeating: 0x61, count: 255), [1])
        try root.file(Array("-rf *".utf8), [0, 1, 2])
        try root.symlink("dangling", to: "/no/such/\u{1F4A9}")
        try root.symlink("loop", to: "loop")
        try root.file("hard1", "linked")
        try root.directory().link(Array("hard1".utf8), in: root.directory(), as: Array("hard2".utf8))
        let block = [UInt8](repeating: 9, count: 1 << 16)
        for (name, offset, size) in [("hole first", 1 << 20, 17 << 16), ("hole last", 0, 1 << 22)] {
            let file = try root.file(name)
            try file.write(block, from: 0, count: block.count, at: Int64(offset))
            try file.truncate(to: Int64(size))
        }
        let middle = try root.file("hole between")
        try middle.write(block, from: 0, count: block.count, at: 0)
        try middle.write(block, from: 0, count: block.count, at: 1 << 21)
        try root.file("only a hole").truncate(to: 1 << 20)
        // Root reads what no one may.
        if isRoot { try root.file("mode 0", "x", mode: 0) }
        for mode in [UInt16(0o400), 0o755, 0o4755, 0o2711, 0o1644, 0o6777] {
            try root.file("mode \(String(mode, radix: 8))", "x", mode: mode)
        }
        try root.file("old").setModified(seconds: -1234, nanoseconds: 999_999_999)
        try root.file("precise").setModified(seconds: 1_700_000_000, nanoseconds: 123_456_789)
        let tagged = try root.file("tagged")
        try? tagged.setXattr(Array("user.mime".utf8), Array("text/plain\0binary".utf8))
        try? tagged.setXattr(Array("user.empty".utf8), [])
        mkfifo(root["pipe"].map(CChar.init(bitPattern:)) + [0], 0o600)
        if isRoot {
            try root.file("other's", "x").setOwner(user: 1234, group: 5678)
            try root.symlink("other's link", to: "x")
            try root.directory().setOwner(of: Array("other's link".utf8), user: 1234, group: 5678)
        }
        try root.directory().setModified(of: Array("dangling".utf8), seconds: 77, nanoseconds: 7)
        let deep = try root.folder("deep").folder("deeper")
        try deep.file("file", "deep")
        try deep.directory().setPermissions(0o3555)
        try deep.directory().setModified(seconds: 42, nanoseconds: 42)
        try root.directory(Array("deep".utf8)).setModified(seconds: 43, nanoseconds: 43)
        try? root.directory(Array("deep".utf8)).setXattr(Array("user.folder".utf8), [1])
    }

    private struct Described: Equatable {
        let kind: SourceEntry.Kind
        let attributes: EntryAttributes
        let links: UInt32
        let content: [UInt8]
        let dataRanges: [Range<Int64>]
    }

    private func describe(_ path: SystemPath, as shown: String = "") async throws -> [String: Described] {
        var all: [String: Described] = [:]
        for entry in try await source.list(path) where entry.kind != .special("FIFO") {
            let name = shown + "/" + entry.name.map { String($0, radix: 16) }.joined()
            let inner = path + [UInt8(ascii: "/")] + entry.name
            var content: [UInt8] = []
            var ranges: [Range<Int64>] = []
            if entry.kind == .file {
                let file = try await source.open(inner)
                content = try await file.read(at: 0, count: Int(entry.stamp.size))
                ranges = try await file.dataRanges()
            }
            all[name] = Described(
                kind: entry.kind, attributes: entry.attributes, links: entry.kind == .directory ? 0 : entry.stamp.links,
                content: content, dataRanges: ranges)
            if entry.kind == .directory { all.merge(try await describe(inner, as: name)) { first, _ in first } }
        }
        return all
    }
}

/// Restores what a source lists, as the core does, without chunks in between.
private struct Copy {
    let source: FileSourceTree
    let tree: FileRestoreTree
    let base: SystemPath
    var notes: [String] = []
    var skipped: [String] = []
    private var linked: [UInt64: TreePath] = [:]

    init(source: FileSourceTree, tree: FileRestoreTree, base: SystemPath) {
        self.source = source
        self.tree = tree
        self.base = base
    }

    mutating func directory(_ path: TreePath) async throws {
        let here = path == .base ? base : base + [UInt8(ascii: "/")] + path.bytes
        for entry in try await source.list(here) {
            let inner = try #require(path.appending(entry.name))
            if let note = entry.note { notes.append(note) }
            switch entry.kind {
            case .directory:
                try await tree.makeDirectory(inner)
                try await directory(inner)
                notes += try await tree.finishDirectory(inner, attributes: entry.attributes)
            case .symlink(let target):
                notes += try await tree.makeSymlink(inner, target: target, attributes: entry.attributes)
            case .special: skipped.append(String(decoding: entry.name, as: UTF8.self))
            case .file: try await file(entry, inner, in: here)
            }
        }
    }

    private mutating func file(_ entry: SourceEntry, _ path: TreePath, in here: SystemPath) async throws {
        if entry.stamp.links > 1 {
            if let original = linked[entry.stamp.inode] {
                return try await tree.makeHardLink(path, to: original)
            }
            linked[entry.stamp.inode] = path
        }
        if entry.stamp.size < 1 << 16 {
            let content = try await source.read([entry], in: here)[0].get()
            let small = SmallFile(path: path, content: content, attributes: entry.attributes)
            notes += try await tree.makeFiles([small])[0].get()
            return
        }
        let file = try await source.open(here + [UInt8(ascii: "/")] + entry.name)
        let restored = try await tree.makeFile(path)
        for range in try await file.dataRanges() {
            let bytes = try await file.read(at: range.lowerBound, count: range.count)
            try await restored.write(bytes, from: 0, count: bytes.count, at: range.lowerBound)
        }
        notes += try await restored.finish(size: entry.stamp.size, attributes: entry.attributes)
    }
}
