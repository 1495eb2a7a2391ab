import Glibc
import QuloudCore
import QuloudSystem
import Testing

@testable import QuloudFiles

@Suite struct FileSourceTreeTests {
    private let source = FileSourceTree()

    @Test func aDirectoryIsListedInOrderOfBytes() async throws {
        try await TestFolder.with { folder in
            for name in ["b", "a", "Z", "é", "a b", "-"] { try folder.file(name) }
            try folder.file([0xff, 0xfe])
            let names = try await source.list(folder.path).map(\.name)
            #expect(names == names.sorted { $0.lexicographicallyPrecedes($1) })
            #expect(names.count == 7)
            #expect(names.last == [0xff, 0xfe])
        }
    }

    @Test func everyKindIsToldAndNothingHangs() async throws {
        try await TestFolder.with { folder in
            try folder.file("file", "abc")
            try folder.folder("folder")
            try folder.symlink("link", to: "no such thing")
            mkfifo(folder["fifo"].map(CChar.init(bitPattern:)) + [0], 0o600)
            let entries = try await source.list(folder.path)
            #expect(
                entries.map(\.kind) == [
                    .special("FIFO"), .file, .directory, .symlink(target: Array("no such thing".utf8)),
                ])
            #expect(entries[1].stamp.size == 3)
            #expect(entries[1].attributes.user == geteuid())
            let error = await #expect(throws: TreeError.self) { try await source.open(folder["fifo"]) }
            #expect(error?.kind == .changed)
            let results = await source.read([entries[0], entries[1], entries[3]], in: folder.path)
            #expect(results == [.failure(.isChanged), .success(Array("abc".utf8)), results[2]])
            #expect(throws: TreeError.self) { try results[2].get() }
        }
    }

    @Test func theEntryItselfIsDescribedLikeInAList() async throws {
        try await TestFolder.with { folder in
            try folder.file("file", "abc", mode: 0o640)
            let listed = try await source.list(folder.path)
            #expect(try await source.entry(at: folder["file"]) == listed[0])
            #expect(try await source.entry(at: folder.path).kind == .directory)
            let top = try await source.entry(at: [])
            #expect(top.kind == .directory)
            #expect(top.name.isEmpty)
        }
    }

    @Test func noLinkIsFollowedAnywhereInAPath() async throws {
        try await TestFolder.with { folder in
            try folder.folder("real").file("file", "abc")
            try folder.symlink("link", to: "real")
            for call in ["list", "open", "read"] {
                let error = await #expect(throws: TreeError.self) {
                    switch call {
                    case "list": _ = try await source.list(folder["link"])
                    case "open": _ = try await source.open(folder["link/file"])
                    default:
                        let entry = try await source.entry(at: folder["real/file"])
                        _ = try await source.read([entry], in: folder["link"])[0].get()
                    }
                }
                #expect(error?.kind == .changed)
            }
            #expect(try await source.entry(at: folder["link"]).kind == .symlink(target: Array("real".utf8)))
            #expect(try await source.resolve(folder["link/file"]) == folder["real/file"])
            #expect(try await source.resolve(Array("/".utf8)).isEmpty)
        }
    }

    @Test func whatVanishedIsToldFromWhatChanged() async throws {
        try await TestFolder.with { folder in
            try folder.file("gone", "1")
            try folder.file("longer", "22")
            try folder.file("same", "333")
            try folder.file("touched", "4444")
            let entries = try await source.list(folder.path)
            try folder.directory().unlink(Array("gone".utf8))
            try folder.file("longer", "22 and more")
            try FileDescriptor.open(folder["touched"], O_RDONLY).setModified(seconds: 5, nanoseconds: 0)
            let kinds = await source.read(entries, in: folder.path).map { result in
                switch result {
                case .success(let bytes): String(decoding: bytes, as: UTF8.self)
                case .failure(let error): "\(error.kind)"
                }
            }
            #expect(kinds == ["vanished", "changed", "333", "changed"])
            let folderGone = await source.read(entries, in: folder["nowhere"])
            #expect(folderGone.count == 4)
            let error = await #expect(throws: TreeError.self) { try await source.list(folder["nowhere"]) }
            #expect(error?.kind == .vanished)
            let opening = await #expect(throws: TreeError.self) { try await source.open(folder["gone"]) }
            #expect(opening?.kind == .vanished)
        }
    }

    @Test func anOpenFileTellsThatItChanged() async throws {
        try await TestFolder.with { folder in
            let writer = try folder.file("file", "abcdef")
            let file = try await source.open(folder["file"])
            #expect(try await file.read(at: 2, count: 3) == Array("cde".utf8))
            #expect(try await file.read(at: 4, count: 100) == Array("ef".utf8))
            #expect(try await file.read(at: 6, count: 100).isEmpty)
            #expect(try await file.currentStamp() == file.stamp)
            try writer.write(Array("more".utf8), from: 0, count: 4, at: 6)
            #expect(try await file.currentStamp() != file.stamp)
        }
    }

    @Test func readingLeavesTheTimeOfAccessAlone() async throws {
        try await TestFolder.with { folder in
            try folder.file("file", "abc").setModified(seconds: 1000, nanoseconds: 0)
            let entry = try await source.entry(at: folder["file"])
            _ = await source.read([entry], in: folder.path)
            _ = try await source.open(folder["file"]).read(at: 0, count: 3)
            var status = stat()
            #expect(lstat(folder["file"].map(CChar.init(bitPattern:)) + [0], &status) == 0)
            #expect(status.st_atim.tv_sec == 1000)
        }
    }

    @Test func holesAreLeftOut() async throws {
        try await TestFolder.with { folder in
            let block = [UInt8](repeating: 7, count: 1 << 16)
            let sparse = try folder.file("sparse")
            try sparse.write(block, from: 0, count: block.count, at: 1 << 20)
            try sparse.write(block, from: 0, count: block.count, at: 3 << 20)
            try sparse.truncate(to: 5 << 20)
            let ranges = try await source.open(folder["sparse"]).dataRanges()
            let expected: [Range<Int64>] = [1_048_576..<1_114_112, 3_145_728..<3_211_264]
            #expect(ranges == expected)
            try folder.file("dense", "abc")
            #expect(try await source.open(folder["dense"]).dataRanges() == [0..<3])
            try folder.file("empty")
            #expect(try await source.open(folder["empty"]).dataRanges().isEmpty)
            try folder.file("hole").truncate(to: 1 << 20)
            #expect(try await source.open(folder["hole"]).dataRanges().isEmpty)
        }
    }

    @Test func extendedAttributesAreReadInOrderAndBounded() async throws {
        try await TestFolder.with { folder in
            let file = try folder.file("file")
            guard (try? file.setXattr(Array("user.b".utf8), [1, 0, 2])) != nil else {
                try Test.cancel("no extended attributes here")
            }
            try file.setXattr(Array("user.a".utf8), [])
            try file.setXattr(Array("user.long".utf8), [UInt8](repeating: 3, count: 2000))
            let xattrs = try await source.entry(at: folder["file"]).attributes.xattrs
            #expect(xattrs.map { String(decoding: $0.name, as: UTF8.self) } == ["user.a", "user.b", "user.long"])
            #expect(xattrs.map(\.value.count) == [0, 3, 2000])
        }
    }

    @Test(.enabled(if: isRoot, "changing the user needs root"))
    func whatIsNotPermittedIsDenied() async throws {
        try await TestFolder.with { folder in
            try FileDescriptor.open(folder.path, O_RDONLY).setPermissions(0o755)
            try folder.file("secret", "abc", mode: 0o600)
            try folder.folder("closed", mode: 0o700)
            await #expect(processExitsWith: .success) { [path = folder.path as SystemPath] in
                guard setgid(65534) == 0, setuid(65534) == 0 else { exit(9) }
                let folder = TestFolder(path: path)
                let source = FileSourceTree()
                let entries = try await source.list(path)
                #expect(entries.count == 2)
                let listing = await #expect(throws: TreeError.self) { try await source.list(folder["closed"]) }
                #expect(listing?.kind == .denied)
                let opening = await #expect(throws: TreeError.self) { try await source.open(folder["secret"]) }
                #expect(opening?.kind == .denied)
                let reading = await source.read([entries[1]], in: path)
                let error = #expect(throws: TreeError.self) { try reading[0].get() }
                #expect(error?.kind == .denied)
            }
        }
    }
}
