import QuloudCore
import QuloudFiles
import QuloudSystem
import QuloudTestKit

/// A restore, which promises durability once, at its end. Whatever an interrupted one left, restoring again over it gives
/// exactly what was backed up.
struct RestoreSubject: CrashSubject {
    static let name = "restore"

    /// A promise that nothing is missing; it is made by the last action.
    static let complete: [UInt8] = Array("complete".utf8)

    func open(_ folder: String) async throws -> FileRestoreTree { try tree(folder, overwrite: false) }

    private func tree(_ folder: String, overwrite: Bool) throws -> FileRestoreTree {
        try FileRestoreTree(root: Array("\(folder)/restored".utf8), overwrite: overwrite)
    }

    func script() -> [CrashAction<FileRestoreTree>] {
        [
            CrashAction(CrashChange(["restored": [Self.complete]])) { tree, _ in
                try await Self.restore(into: tree)
                try await tree.sync()
            }
        ]
    }

    private static let files = ["a": 0, "b": 700, "sub/c": 9000, "sub/deep/d": 20_000]

    private static func content(_ name: String) -> [UInt8] {
        Array(repeating: UInt8(name.utf8.count), count: files[name] ?? 0)
    }

    private static let attributes = EntryAttributes(
        mode: 0o640, user: 0, group: 0, modifiedSeconds: 1000, modifiedNanoseconds: 0)

    private static func path(_ text: String) throws -> TreePath {
        guard let path = TreePath(Array(text.utf8)) else { throw Broken("\(text) is no path") }
        return path
    }

    private static func restore(into tree: FileRestoreTree) async throws {
        for directory in ["sub", "sub/deep"] { try await tree.makeDirectory(path(directory)) }
        let small = try ["a", "b"].map {
            SmallFile(path: try path($0), content: content($0), attributes: attributes)
        }
        for result in await tree.makeFiles(small) { _ = try result.get() }
        for name in ["sub/c", "sub/deep/d"] {
            let file = try await tree.makeFile(path(name))
            let bytes = content(name)
            for start in stride(from: 0, to: bytes.count, by: 6000) {
                let count = min(6000, bytes.count - start)
                try await file.write(bytes, from: start, count: count, at: Int64(start))
            }
            _ = try await file.finish(size: Int64(bytes.count), attributes: attributes)
        }
        _ = try await tree.makeSymlink(path("sub/link"), target: Array("c".utf8), attributes: attributes)
        try await tree.makeHardLink(path("sub/same"), to: path("b"))
        for directory in ["sub/deep", "sub"] {
            _ = try await tree.finishDirectory(path(directory), attributes: attributes)
        }
    }

    func recover(_ folder: String) async throws -> CrashLedger.Values {
        Self.isComplete(folder) ? ["restored": Self.complete] : [:]
    }

    func settle(_ folder: String) async throws {
        let tree = try tree(folder, overwrite: true)
        try await Self.restore(into: tree)
        try await tree.sync()
        guard Self.isComplete(folder) else { throw Broken("restoring again does not give what was backed up") }
    }

    private static func isComplete(_ folder: String) -> Bool {
        let same = files.keys.allSatisfy { name in
            (try? AtomicFile.read(Array("\(folder)/restored/\(name)".utf8), sizeMax: 100_000)) == content(name)
        }
        guard same else { return false }
        let link = try? FileDescriptor.open(Array("\(folder)/restored/sub".utf8), 0).target(of: Array("link".utf8))
        let linked = try? AtomicFile.read(Array("\(folder)/restored/sub/same".utf8), sizeMax: 100_000)
        return [link, linked] == [Array("c".utf8), content("b")]
    }
}
