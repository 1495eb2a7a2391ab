package import QuloudCore
import Synchronization

extension InMemoryTree {
    /// Restores into `folder`, which is made if it is missing.
    package func restoring(into folder: String, overwrite: Bool = false) -> InMemoryRestoreTree {
        makeDirectory(folder)
        return InMemoryRestoreTree(tree: self, base: Self.path(folder), overwrites: overwrite)
    }
}

package struct InMemoryRestoreTree: RestoreTree {
    let tree: InMemoryTree
    let base: SystemPath
    let overwrites: Bool

    private func system(_ path: TreePath) -> SystemPath {
        path.bytes.isEmpty ? base : base + [UInt8(ascii: "/")] + path.bytes
    }

    private func kind(at path: SystemPath) -> InMemoryTree.Kind? { tree.state.withLock { $0.inode(at: path)?.kind } }

    /// The place for a new entry: its parent is a directory, nothing lies there that may not be replaced.
    private func place(_ path: TreePath) throws(TreeError) -> SystemPath {
        let system = system(path)
        guard kind(at: InMemoryTree.parent(of: system)) == .directory else {
            throw TreeError(.failed, "make: its folder is not there")
        }
        guard let there = kind(at: system) else { return system }
        guard overwrites, there != .directory else { throw TreeError(.exists, "make: exists") }
        return system
    }

    package func makeDirectory(_ path: TreePath) async throws(TreeError) {
        if kind(at: system(path)) == .directory { return }
        let system = try place(path)
        tree.remove(system)
        tree.makeDirectory(system)
    }

    package func makeSymlink(
        _ path: TreePath, target: [UInt8], attributes: EntryAttributes
    ) async throws(TreeError) -> [String] {
        let system = try place(path)
        tree.remove(system)
        tree.put(system, InMemoryTree.Inode(kind: .symlink(target), attributes: attributes, changedSeconds: 0))
        return []
    }

    package func makeHardLink(_ path: TreePath, to original: TreePath) async throws(TreeError) {
        let system = try place(path)
        guard kind(at: self.system(original)) == .file else { throw TreeError(.failed, "link: no such file") }
        tree.remove(system)
        tree.link(system, to: self.system(original))
    }

    package func makeFile(_ path: TreePath) async throws(TreeError) -> any RestoreFile {
        InMemoryRestoreFile(tree: tree, path: try place(path))
    }

    package func makeFiles(_ files: [SmallFile]) async -> [Result<[String], TreeError>] {
        var results: [Result<[String], TreeError>] = []
        for file in files {
            do throws(TreeError) {
                let made = try await makeFile(file.path)
                try await made.write(file.content, from: 0, count: file.content.count, at: 0)
                let size = Int64(file.content.count)
                results.append(.success(try await made.finish(size: size, attributes: file.attributes)))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    package func finishDirectory(_ path: TreePath, attributes: EntryAttributes) async throws(TreeError) -> [String] {
        guard kind(at: system(path)) == .directory else { throw TreeError(.failed, "finish: no such folder") }
        tree.makeDirectory(system(path), attributes)
        return []
    }

    package func sync() async throws(TreeError) {}
}

/// Has no name before it is finished.
private final class InMemoryRestoreFile: RestoreFile {
    private let tree: InMemoryTree
    private let path: SystemPath
    private let written = Mutex<(content: [UInt8], ranges: [Range<Int64>])>(([], []))

    init(tree: InMemoryTree, path: SystemPath) {
        self.tree = tree
        self.path = path
    }

    func write(_ bytes: [UInt8], from start: Int, count: Int, at offset: Int64) async throws(TreeError) {
        guard count > 0 else { return }
        written.withLock { written in
            let end = Int(offset) + count
            if written.content.count < end {
                written.content += [UInt8](repeating: 0, count: end - written.content.count)
            }
            written.content.replaceSubrange(Int(offset)..<end, with: bytes[start..<start + count])
            written.ranges.append(offset..<offset + Int64(count))
        }
    }

    func finish(size: Int64, attributes: EntryAttributes) async throws(TreeError) -> [String] {
        let (content, ranges) = written.withLock { $0 }
        var inode = InMemoryTree.Inode(kind: .file, attributes: attributes, changedSeconds: 0)
        inode.content = Array(
            (content + [UInt8](repeating: 0, count: max(0, Int(size) - content.count))).prefix(Int(size)))
        let data = Self.joined(ranges)
        inode.ranges = data == [0..<size] || size == 0 ? nil : data
        tree.remove(path)
        tree.put(path, inode)
        return []
    }

    /// In order, with neighbours made one.
    private static func joined(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        var joined: [Range<Int64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound >= range.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return joined
    }
}
