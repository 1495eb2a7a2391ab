/// What lies on a simulated disk at one moment: numbered files, directories and symbolic links. A number stays with its
/// file whatever the file is called.
package struct DiskTree: Sendable, Equatable {
    package typealias Number = Int

    package enum Content: Sendable, Equatable {
        case file([UInt8])
        case directory([[UInt8]: Number])
        case symlink([UInt8])
    }

    package struct Node: Sendable, Equatable {
        package var content: Content
        package var mode: UInt32
    }

    /// Of the folder itself.
    package static let root: Number = 0

    package var nodes: [Number: Node]

    /// An empty folder.
    package init() { nodes = [Self.root: Node(content: .directory([:]), mode: 0o700)] }

    /// What `name` in a directory is, if there is such a name.
    package func child(_ name: [UInt8], of directory: Number) -> Number? {
        guard case .directory(let entries)? = nodes[directory]?.content else { return nil }
        return entries[name]
    }

    /// The file or directory at `path`, relative to `directory`.
    package func find(_ path: [UInt8], from directory: Number = root) -> Number? {
        var found = directory
        for name in path.split(separator: UInt8(ascii: "/")) where name != [UInt8(ascii: ".")] {
            guard let next = child(Array(name), of: found) else { return nil }
            found = next
        }
        return found
    }

    /// The bytes of the file at `path`, relative to the folder.
    package func bytes(_ path: String) -> [UInt8]? {
        guard let number = find(Array(path.utf8)), case .file(let bytes)? = nodes[number]?.content else { return nil }
        return bytes
    }

    /// Every path with its node, directories before what is in them, names in order.
    package func walk(_ visit: (_ path: [UInt8], _ number: Number, _ node: Node) throws -> Void) rethrows {
        try walk(Self.root, [], visit)
    }

    private func walk(
        _ number: Number, _ path: [UInt8], _ visit: ([UInt8], Number, Node) throws -> Void
    ) rethrows {
        guard let node = nodes[number] else { return }
        try visit(path, number, node)
        guard case .directory(let entries) = node.content else { return }
        for name in entries.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let child = entries[name] else { continue }
            try walk(child, path.isEmpty ? name : path + [UInt8(ascii: "/")] + name, visit)
        }
    }

    /// Equal for trees that look the same from outside, hard links included, within one process.
    package var look: Int {
        var hasher = Hasher()
        var files: [Number: Int] = [:]
        walk { path, number, node in
            hasher.combine(path.count)
            path.withUnsafeBytes { hasher.combine(bytes: $0) }
            hasher.combine(node.mode)
            switch node.content {
            case .file(let bytes):
                hasher.combine(files[number, default: files.count])
                files[number] = files[number] ?? files.count
                hasher.combine(bytes.count)
                bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            case .directory: hasher.combine(-1)
            case .symlink(let target): hasher.combine(target)
            }
        }
        return hasher.finalize()
    }
}

// MARK: - Changing

extension DiskTree {
    mutating func set(_ name: [UInt8], in directory: Number, to number: Number?) {
        guard let index = nodes.index(forKey: directory), case .directory(var entries) = nodes[index].value.content
        else { return }
        nodes.values[index].content = .directory([:])
        entries[name] = number
        nodes.values[index].content = .directory(entries)
    }

    mutating func changeFile(_ number: Number, _ change: (inout [UInt8]) -> Void) {
        guard let index = nodes.index(forKey: number), case .file(var bytes) = nodes[index].value.content else {
            return
        }
        // Or the bytes would have two owners and be copied.
        nodes.values[index].content = .file([])
        change(&bytes)
        nodes.values[index].content = .file(bytes)
    }

    /// Drops nodes without a name, except `kept`.
    mutating func prune(keeping kept: Set<Number>) {
        var named: Set<Number> = kept
        walk { _, number, _ in named.insert(number) }
        guard named.count < nodes.count else { return }
        nodes = nodes.filter { named.contains($0.key) }
    }
}
