package import QuloudCore
import Synchronization

extension InMemoryTree: SourceTree {
    package func entry(at path: SystemPath) async throws(TreeError) -> SourceEntry {
        guard let entry = state.withLock({ $0.entry(at: path) }) else {
            throw TreeError(.vanished, "look: no such entry")
        }
        return entry
    }

    package func list(_ directory: SystemPath) async throws(TreeError) -> [SourceEntry] {
        let listed = state.withLock { state -> Result<[SourceEntry], TreeError> in
            guard let inode = state.inode(at: directory) else {
                return .failure(TreeError(.vanished, "list: no such entry"))
            }
            guard inode.kind == .directory else { return .failure(TreeError(.changed, "list: not a directory")) }
            guard !inode.isDenied else { return .failure(TreeError(.denied, "list: permission denied")) }
            let prefix = directory + [UInt8(ascii: "/")]
            let inside = state.names.keys.filter { path in
                path.count > prefix.count && path.starts(with: prefix)
                    && !path.dropFirst(prefix.count).contains(UInt8(ascii: "/"))
            }
            return .success(
                inside.compactMap { state.entry(at: $0) }.sorted { $0.name.lexicographicallyPrecedes($1.name) })
        }
        return try listed.get()
    }

    package func read(_ files: [SourceEntry], in directory: SystemPath) async -> [Result<[UInt8], TreeError>] {
        var contents: [Result<[UInt8], TreeError>] = []
        for file in files {
            do throws(TreeError) {
                let opened = try await open(directory + [UInt8(ascii: "/")] + file.name)
                guard opened.stamp == file.stamp else { throw TreeError(.changed, "read: changed") }
                let content = try await opened.read(at: 0, count: Int(file.stamp.size))
                guard try await opened.currentStamp() == file.stamp else { throw TreeError(.changed, "read: changed") }
                contents.append(.success(content))
            } catch {
                contents.append(.failure(error))
            }
        }
        return contents
    }

    package func open(_ path: SystemPath) async throws(TreeError) -> any SourceFile {
        let (number, inode) = state.withLock { ($0.names[path], $0.inode(at: path)) }
        guard let number, let inode else { throw TreeError(.vanished, "open: no such entry") }
        guard !inode.isDenied else { throw TreeError(.denied, "open: permission denied") }
        guard inode.kind == .file else { throw TreeError(.changed, "open: not a regular file") }
        return OpenInMemoryFile(tree: self, path: path, number: number, opened: inode)
    }
}

extension InMemoryTree.State {
    func inode(at path: SystemPath) -> InMemoryTree.Inode? { names[path].flatMap { inodes[$0] } }

    func entry(at path: SystemPath) -> SourceEntry? {
        guard let number = names[path], let inode = inodes[number] else { return nil }
        let kind: SourceEntry.Kind =
            switch inode.kind {
            case .directory: .directory
            case .file: .file
            case .symlink(let target): .symlink(target: target)
            case .special(let what): .special(what)
            }
        return SourceEntry(
            name: InMemoryTree.name(of: path), kind: kind, attributes: inode.attributes,
            stamp: inode.stamp(number: number))
    }
}

extension InMemoryTree.Inode {
    func stamp(number: UInt64) -> FileStamp {
        FileStamp(
            device: 1, inode: number, size: Int64(content.count), modifiedSeconds: attributes.modifiedSeconds,
            modifiedNanoseconds: attributes.modifiedNanoseconds, changedSeconds: changedSeconds,
            changedNanoseconds: 1, links: links)
    }
}

/// A file that stays readable when its name is gone, as on Linux.
private struct OpenInMemoryFile: SourceFile {
    let tree: InMemoryTree
    let path: SystemPath
    let number: UInt64
    let opened: InMemoryTree.Inode

    var stamp: FileStamp { opened.stamp(number: number) }
    private var current: InMemoryTree.Inode { tree.state.withLock { $0.inodes[number] } ?? opened }

    func dataRanges() async throws(TreeError) -> [Range<Int64>] {
        let now = current
        return now.ranges ?? (now.content.isEmpty ? [] : [0..<Int64(now.content.count)])
    }

    func read(at offset: Int64, count: Int, behind head: ArraySlice<UInt8>) async throws(TreeError) -> [UInt8] {
        tree.state.withLock(\.beforeRead)(path, offset)
        let now = current
        guard !now.isDenied else { throw TreeError(.denied, "read: permission denied") }
        guard offset < now.content.count else { return Array(head) }
        return Array(head) + now.content[Int(offset)..<min(Int(offset) + count, now.content.count)]
    }

    func currentStamp() async throws(TreeError) -> FileStamp { current.stamp(number: number) }
}
