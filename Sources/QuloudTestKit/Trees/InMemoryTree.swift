package import QuloudCore
import Synchronization

/// A file system in memory: a source to back up from, and a place to restore to. Files can vanish or change while they
/// are being read.
package final class InMemoryTree: Sendable {
    package enum Kind: Sendable, Equatable {
        case directory
        case file
        case symlink([UInt8])
        case special(String)
    }

    struct Inode {
        var kind: Kind
        var attributes: EntryAttributes
        var content: [UInt8] = []
        /// Where data lies; `nil` when all of it is.
        var ranges: [Range<Int64>]?
        var changedSeconds: Int64
        var links: UInt32 = 1
        var isDenied = false
    }
    struct State {
        var inodes: [UInt64: Inode] = [:]
        var names: [SystemPath: UInt64] = [:]
        var nextInode: UInt64 = 1
        var clock: Int64 = 1_600_000_000
        var beforeRead: @Sendable (SystemPath, Int64) -> Void = { _, _ in }
    }

    let state = Mutex(State())

    package static let plain = EntryAttributes(
        mode: 0o644, user: 1000, group: 1000, modifiedSeconds: 1_500_000_000, modifiedNanoseconds: 123_456_789)

    package init() { makeDirectory("/") }

    // MARK: Building

    /// Makes a directory and those above it.
    package func makeDirectory(_ path: String, _ attributes: EntryAttributes? = nil) {
        makeDirectory(Self.path(path), attributes)
    }

    package func makeDirectory(_ path: SystemPath, _ attributes: EntryAttributes? = nil) {
        var given = attributes ?? Self.plain
        if attributes == nil { given.mode = 0o755 }
        if !path.isEmpty { makeParents(of: path) }
        put(path, Inode(kind: .directory, attributes: given, changedSeconds: 0), onlyIfMissing: attributes == nil)
    }

    /// Writes a whole file, which gets a new stamp.
    package func write(_ path: String, _ content: [UInt8], _ attributes: EntryAttributes = plain) {
        write(Self.path(path), content, attributes)
    }

    package func write(_ path: SystemPath, _ content: [UInt8], _ attributes: EntryAttributes = plain) {
        makeParents(of: path)
        put(path, Inode(kind: .file, attributes: attributes, content: content, changedSeconds: 0))
    }

    /// Writes a file of `size` bytes with holes but for these pieces.
    package func writeSparse(_ path: String, size: Int64, pieces: [(offset: Int64, bytes: [UInt8])]) {
        var inode = Inode(kind: .file, attributes: Self.plain, changedSeconds: 0)
        inode.content = [UInt8](repeating: 0, count: Int(size))
        inode.ranges = pieces.map { $0.offset..<$0.offset + Int64($0.bytes.count) }
        for (offset, bytes) in pieces {
            inode.content.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
        }
        makeParents(of: Self.path(path))
        put(Self.path(path), inode)
    }

    package func symlink(_ path: String, to target: String, _ attributes: EntryAttributes = plain) {
        makeParents(of: Self.path(path))
        let kind = Kind.symlink(Array(target.utf8))
        put(Self.path(path), Inode(kind: kind, attributes: attributes, changedSeconds: 0))
    }

    package func special(_ path: String, _ what: String = "a FIFO") {
        makeParents(of: Self.path(path))
        put(Self.path(path), Inode(kind: .special(what), attributes: Self.plain, changedSeconds: 0))
    }

    /// A further name of a file.
    package func link(_ path: String, to original: String) { link(Self.path(path), to: Self.path(original)) }

    func link(_ path: SystemPath, to original: SystemPath) {
        state.withLock { state in
            guard let inode = state.names[original], state.names[path] == nil else { return }
            state.names[path] = inode
            state.inodes[inode]?.links += 1
        }
    }

    /// Removes an entry and everything in it.
    package func remove(_ path: String) { remove(Self.path(path)) }

    func remove(_ path: SystemPath) {
        let inside = path + [UInt8(ascii: "/")]
        state.withLock { state in
            for name in state.names.keys where name == path || name.starts(with: inside) {
                guard let inode = state.names.removeValue(forKey: name) else { continue }
                state.inodes[inode]?.links -= 1
                if state.inodes[inode]?.links == 0 { state.inodes[inode] = nil }
            }
        }
    }

    /// Reading the entry fails from now on.
    package func deny(_ path: String) {
        state.withLock { state in
            if let inode = state.names[Self.path(path)] { state.inodes[inode]?.isDenied = true }
        }
    }

    /// Called before each read of a file with its path and the offset: the moment to change or remove it.
    package func beforeRead(_ body: @escaping @Sendable (String, Int64) -> Void) {
        state.withLock { $0.beforeRead = { body(String(decoding: $0, as: UTF8.self), $1) } }
    }

    func makeParents(of path: SystemPath) {
        let parent = Self.parent(of: path)
        guard state.withLock({ $0.names[parent] == nil }) else { return }
        makeDirectory(parent)
    }

    func put(_ path: SystemPath, _ inode: Inode, onlyIfMissing: Bool = false) {
        state.withLock { state in
            state.clock += 1
            var fresh = inode
            fresh.changedSeconds = state.clock
            if let number = state.names[path] {
                guard !onlyIfMissing else { return }
                fresh.links = state.inodes[number]?.links ?? 1
                state.inodes[number] = fresh
                return
            }
            state.names[path] = state.nextInode
            state.inodes[state.nextInode] = fresh
            state.nextInode += 1
        }
    }

    // MARK: Paths

    /// `/` is the empty path.
    package static func path(_ text: String) -> SystemPath { text == "/" ? [] : Array(text.utf8) }

    static func parent(of path: SystemPath) -> SystemPath {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [] }
        return Array(path[..<slash])
    }
    static func name(of path: SystemPath) -> [UInt8] {
        Array(path[((path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...])
    }
}

extension InMemoryTree {
    /// An entry as a test compares it.
    package struct Sketch: Sendable, Equatable {
        package let kind: Kind
        package let attributes: EntryAttributes
        package let content: [UInt8]
        /// Where data lies, if not everywhere.
        package let ranges: [Range<Int64>]?
        /// The first other name of the same file, relative to the folder.
        package let linkedTo: String?
    }

    /// Everything below a folder, by relative path; the folder itself is left out.
    package func sketch(_ folder: String) -> [String: Sketch] {
        let prefix = Self.path(folder) + [UInt8(ascii: "/")]
        return state.withLock { state in
            var found: [String: Sketch] = [:]
            var first: [UInt64: String] = [:]
            for path in state.names.keys.sorted(by: { $0.lexicographicallyPrecedes($1) })
            where path.starts(with: prefix) {
                guard let number = state.names[path], let inode = state.inodes[number] else { continue }
                let relative = String(decoding: path.dropFirst(prefix.count), as: UTF8.self)
                found[relative] = Sketch(
                    kind: inode.kind, attributes: inode.attributes, content: inode.content, ranges: inode.ranges,
                    linkedTo: first[number])
                if first[number] == nil { first[number] = relative }
            }
            return found
        }
    }
}
