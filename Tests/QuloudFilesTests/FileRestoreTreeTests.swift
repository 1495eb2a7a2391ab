import Glibc
import QuloudCore
import QuloudSystem
import Testing

@testable import QuloudFiles

@Suite struct FileRestoreTreeTests {
    private func restore(_ text: String, _ content: String = "new", in tree: FileRestoreTree) async throws -> [String] {
        let file = SmallFile(path: try .of(text), content: Array(content.utf8), attributes: plainAttributes())
        return try await tree.makeFiles([file])[0].get()
    }

    private func kind(_ body: () async throws -> Void) async -> TreeError.Kind? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? TreeError)?.kind
        }
    }

    @Test func theFolderIsMadeWithItsParents() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder["a/b/c"], overwrite: false)
            #expect(try await restore("file", in: tree).isEmpty)
            try await tree.sync()
            #expect(try folder.content("a/b/c/file") == "new")
        }
    }

    @Test func aFileHasNoNameUntilItIsWhole() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            let file = try await tree.makeFile(.of("file"))
            try await file.write(Array("..abc".utf8), from: 2, count: 3, at: 0)
            #expect(try folder.names().filter { !$0.hasPrefix(".quloud-restore-") }.isEmpty)
            #expect(try await file.finish(size: 3, attributes: plainAttributes()).isEmpty)
            #expect(try folder.names() == ["file"])
            #expect(try folder.content("file") == "abc")
            let again = await kind { _ = try await file.finish(size: 3, attributes: plainAttributes()) }
            #expect(again == .failed)
        }
    }

    @Test func aHoleAtTheEndIsMadeEvenIfAWriteOfNothingReachedIt() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            let file = try await tree.makeFile(.of("file"))
            try await file.write([1, 2, 3], from: 0, count: 3, at: 0)
            try await file.write([1, 2, 3], from: 3, count: 0, at: 100)
            _ = try await file.finish(size: 100, attributes: plainAttributes())
            #expect(try folder.content("file").utf8.count == 100)
        }
    }

    @Test func anUnfinishedFileLeavesNothing() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            for _ in 0..<3 {
                let file = try await tree.makeFile(.of("file"))
                try await file.write([1, 2, 3], from: 0, count: 3, at: 10)
            }
            #expect(try folder.names().isEmpty)
        }
    }

    @Test func partsOutsideTheBytesAreRefused() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            let file = try await tree.makeFile(.of("file"))
            for (start, count, offset) in [(0, 4, 0), (-1, 1, 0), (2, 2, 0), (1, .max, 0), (0, -1, 0), (0, 1, -1)] {
                let refused = await kind {
                    try await file.write([1, 2, 3], from: start, count: count, at: Int64(offset))
                }
                #expect(refused == .failed)
            }
            let size = await kind { _ = try await file.finish(size: -1, attributes: plainAttributes()) }
            #expect(size == .failed)
            #expect(try folder.names().isEmpty)
        }
    }

    @Test func whatIsThereIsRefused() async throws {
        try await TestFolder.with { folder in
            try folder.file("file", "old")
            try folder.symlink("link", to: "elsewhere")
            try folder.folder("folder")
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            for name in ["file", "link", "folder"] {
                #expect(await kind { _ = try await restore(name, in: tree) } == .exists)
                #expect(await kind { _ = try await tree.makeFile(.of(name)) } == .exists)
                let link = await kind {
                    _ = try await tree.makeSymlink(.of(name), target: [65], attributes: plainAttributes())
                }
                #expect(link == .exists)
            }
            #expect(await kind { try await tree.makeHardLink(.of("link"), to: .of("file")) } == .exists)
            #expect(await kind { try await tree.makeDirectory(.of("file")) } == .exists)
            #expect(await kind { try await tree.makeDirectory(.of("link")) } == .exists)
            #expect(await kind { try await tree.makeDirectory(.of("folder")) } == nil)
            #expect(await kind { _ = try await tree.makeFile(.base) } == .exists)
            // In one set of words, however it is found out.
            await #expect(throws: TreeError.taken) { try await restore("file", in: tree) }
            await #expect(throws: TreeError.taken) { try await tree.makeFile(.of("file")) }
            #expect(try folder.content("file") == "old")
            #expect(try folder.names() == ["file", "folder", "link"])
        }
    }

    @Test func whatAppearsMeanwhileIsRefused() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            let file = try await tree.makeFile(.of("file"))
            try folder.file("file", "someone else's")
            #expect(await kind { _ = try await file.finish(size: 0, attributes: plainAttributes()) } == .exists)
            #expect(try folder.content("file") == "someone else's")
            #expect(try folder.names() == ["file"])
        }
    }

    @Test func overwritingReplacesAllButFullDirectories() async throws {
        try await TestFolder.with { folder in
            try folder.file("target", "untouched")
            try folder.file("file", "old")
            try folder.symlink("link", to: "target")
            try folder.folder("empty")
            try folder.folder("full").file("kept", "kept")
            try folder.file("becomes a folder")
            try folder.symlink("link to folder", to: "full")
            let tree = try FileRestoreTree(root: folder.path, overwrite: true)
            for name in ["file", "link", "empty"] {
                _ = try await restore(name, in: tree)
                #expect(try folder.content(name) == "new")
                #expect(try folder.directory().status(of: Array(name.utf8)).kind == .file)
            }
            #expect(await kind { _ = try await restore("full", in: tree) } == .exists)
            try await tree.makeDirectory(.of("becomes a folder"))
            try await tree.makeDirectory(.of("link to folder"))
            _ = try await restore("link to folder/kept", in: tree)
            #expect(try folder.content("full/kept") == "kept")
            #expect(try folder.content("target") == "untouched")
            _ = try await tree.makeSymlink(.of("file"), target: [65], attributes: plainAttributes())
            #expect(try folder.directory().target(of: Array("file".utf8)) == [65])
            #expect(try folder.names().filter { $0.hasPrefix(".quloud") }.isEmpty)
        }
    }

    @Test func hardLinksReplaceAndAreRefused() async throws {
        try await TestFolder.with { folder in
            try folder.file("other", "old")
            let tree = try FileRestoreTree(root: folder.path, overwrite: true)
            try await tree.makeDirectory(.of("d"))
            _ = try await restore("d/original", in: tree)
            try await tree.makeHardLink(.of("new"), to: .of("d/original"))
            try await tree.makeHardLink(.of("other"), to: .of("d/original"))
            // Onto itself: nothing to do, and nothing left behind.
            try await tree.makeHardLink(.of("other"), to: .of("d/original"))
            #expect(try folder.content("other") == "new")
            #expect(try folder.directory().status(of: Array("new".utf8)).links == 3)
            #expect(try folder.names() == ["d", "new", "other"])
            #expect(await kind { try await tree.makeHardLink(.of("x"), to: .of("nothing")) } == .vanished)
        }
    }

    @Test func aPlantedLinkLeadsNowhere() async throws {
        try await TestFolder.with { folder in
            try folder.folder("outside").file("file", "untouched")
            try folder.folder("root")
            try folder.symlink("root/planted", to: "../outside")
            for overwrite in [false, true] {
                let tree = try FileRestoreTree(root: folder["root"], overwrite: overwrite)
                // A link restored from a manifest, then a path through it.
                if !overwrite {
                    _ = try await tree.makeSymlink(
                        .of("restored"), target: Array("../outside".utf8), attributes: plainAttributes())
                }
                for parent in ["planted", "restored"] {
                    #expect(await kind { _ = try await restore("\(parent)/file", in: tree) } == .changed)
                    #expect(await kind { _ = try await tree.makeFile(.of("\(parent)/new")) } == .changed)
                    #expect(await kind { try await tree.makeDirectory(.of("\(parent)/new")) } == .changed)
                    let link = await kind {
                        _ = try await tree.makeSymlink(
                            .of("\(parent)/new"), target: [65], attributes: plainAttributes())
                    }
                    #expect(link == .changed)
                    #expect(await kind { try await tree.makeHardLink(.of("x"), to: .of("\(parent)/file")) } == .changed)
                    let finished = await kind {
                        _ = try await tree.finishDirectory(.of(parent), attributes: plainAttributes(mode: 0o777))
                    }
                    #expect(finished == .changed)
                }
            }
            #expect(try folder.names("outside") == ["file"])
            #expect(try folder.content("outside/file") == "untouched")
        }
    }

    @Test func aDirectorySwappedForALinkKeepsItsOwnContent() async throws {
        try await TestFolder.with { folder in
            try folder.folder("outside")
            let tree = try FileRestoreTree(root: folder["root"], overwrite: false)
            try await tree.makeDirectory(.of("d"))
            _ = try await restore("d/first", in: tree)
            try folder.directory(Array("root".utf8))
                .rename(Array("d".utf8), in: folder.directory(Array("root".utf8)), to: Array("moved".utf8))
            try folder.symlink("root/d", to: "../outside")
            _ = await kind { _ = try await restore("d/second", in: tree) }
            #expect(try folder.names("outside").isEmpty)
        }
    }

    @Test func aLinkTargetWithNULOrWithoutBytesIsRefused() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            for target in [[], [65, 0, 66], [UInt8](repeating: 65, count: 5000)] {
                let refused = await kind {
                    _ = try await tree.makeSymlink(.of("link"), target: target, attributes: plainAttributes())
                }
                #expect(refused != nil)
            }
            #expect(try folder.names().isEmpty)
        }
    }

    @Test func aDirectoryIsOpenToItsOwnerUntilItIsFinished() async throws {
        try await TestFolder.with { folder in
            let tree = try FileRestoreTree(root: folder.path, overwrite: false)
            try await tree.makeDirectory(.of("d"))
            #expect(try folder.directory().status(of: [100]).permissions == 0o700)
            _ = try await restore("d/file", in: tree)
            #expect(try await tree.finishDirectory(.of("d"), attributes: plainAttributes(mode: 0o555)).isEmpty)
            let status = try folder.directory().status(of: [100])
            #expect(status.permissions == 0o555)
            #expect(status.modifiedSeconds == 1_000_000)
            #expect(status.modifiedNanoseconds == 5)
        }
    }

    @Test(.enabled(if: isRoot, "changing the user needs root"))
    func whatIsNotPermittedBecomesANote() async throws {
        try await TestFolder.with { folder in
            try FileDescriptor.open(folder.path, O_RDONLY).setPermissions(0o777)
            await #expect(processExitsWith: .success) { [path = folder.path as SystemPath] in
                guard setgroups(0, nil) == 0, setgid(65534) == 0, setuid(65534) == 0 else { exit(9) }
                let folder = TestFolder(path: path)
                let tree = try FileRestoreTree(root: folder["root"], overwrite: true)
                var attributes = plainAttributes(mode: 0o6755)
                attributes.user = 0
                attributes.group = 0
                attributes.xattrs = [
                    ExtendedAttribute(name: Array("trusted.x".utf8), value: [1]),
                    ExtendedAttribute(name: Array("user.x".utf8), value: [2]),
                ]
                let file = SmallFile(path: try .of("file"), content: [1], attributes: attributes)
                let notes = try await tree.makeFiles([file])[0].get()
                let status = try folder.directory().status(of: Array("root".utf8))
                #expect(status.user == 65534)
                let restored = try folder.directory(Array("root".utf8)).status(of: Array("file".utf8))
                #expect(restored.permissions == 0o755)
                #expect(restored.modifiedSeconds == 1_000_000)
                #expect(notes.contains { $0.contains("user 0 and group 0") })
                #expect(notes.contains { $0.contains("set-uid") })
                #expect(notes.contains { $0.contains("trusted.x") })
                // Attributes of a file that its own mode closes to its owner, in a folder closed to writing.
                try await tree.makeDirectory(.of("d"))
                var closed = plainAttributes(mode: 0o400)
                closed.xattrs = [ExtendedAttribute(name: Array("user.x".utf8), value: [2])]
                let inner = SmallFile(path: try .of("d/file"), content: [1], attributes: closed)
                let probe = try folder.file("root/probe")
                let hasXattrs = (try? probe.setXattr(Array("user.x".utf8), [1])) != nil
                let innerNotes = try await tree.makeFiles([inner])[0].get()
                #expect(innerNotes.isEmpty || !hasXattrs, "\(innerNotes)")
                #expect(try await tree.finishDirectory(.of("d"), attributes: plainAttributes(mode: 0o500)).isEmpty)
                // Again, over what is there.
                let again = try FileRestoreTree(root: folder["root"], overwrite: true)
                try await again.makeDirectory(.of("d"))
                _ = try await again.makeFiles([inner])[0].get()
                #expect(try await again.finishDirectory(.of("d"), attributes: plainAttributes(mode: 0o500)).isEmpty)
                try FileDescriptor.open(folder["root/d"], O_RDONLY).setPermissions(0o700)
            }
        }
    }

    @Test(.enabled(if: isRoot, "mounting needs root"))
    func aFullDiskIsToldAndLeavesNoFile() async throws {
        try await TestFolder.with { folder in
            try folder.folder("disk")
            let path = String(decoding: folder["disk"], as: UTF8.self)
            guard mount("none", path, "tmpfs", 0, "size=1m") == 0 else { try Test.cancel("mounting is not permitted") }
            defer { _ = umount2(path, Int32(MNT_DETACH)) }
            let tree = try FileRestoreTree(root: folder["disk"], overwrite: false)
            let big = SmallFile(
                path: try .of("big"), content: [UInt8](repeating: 1, count: 2 << 20), attributes: plainAttributes())
            #expect(await kind { _ = try await tree.makeFiles([big])[0].get() } == .full)
            #expect(try folder.names("disk").isEmpty)
            _ = try await restore("small", in: tree)
        }
    }
}
