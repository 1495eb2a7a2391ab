/// A path below the base of a snapshot: names joined by `/`, as raw bytes, since Linux names need not be UTF-8.
/// Made only from checked names, so that no manifest can point outside the folder it is restored to.
package struct TreePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Empty for the base itself.
    package let bytes: [UInt8]

    package static let base = TreePath(unchecked: [])

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// `nil` when any name is empty, `.`, `..`, too long or holds NUL, or the whole is too long.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Limits.pathSizeMax else { return nil }
        if !bytes.isEmpty {
            for name in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
                guard Self.isName(name) else { return nil }
            }
        }
        self.bytes = bytes
    }

    package static func isName(_ name: some Collection<UInt8>) -> Bool {
        guard !name.isEmpty, name.count <= Limits.nameSizeMax else { return false }
        let dot = UInt8(ascii: ".")
        if name.allSatisfy({ $0 == dot }), name.count <= 2 { return false }
        return !name.contains(0) && !name.contains(UInt8(ascii: "/"))
    }

    /// The path of `name` in this directory; `nil` when it is no name or the path grows too long.
    package func appending(_ name: [UInt8]) -> TreePath? {
        guard Self.isName(name), bytes.count + 1 + name.count <= Limits.pathSizeMax else { return nil }
        return TreePath(unchecked: bytes.isEmpty ? name : bytes + [UInt8(ascii: "/")] + name)
    }

    package var names: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }
    package var name: ArraySlice<UInt8> { names.last ?? [] }
    package var parent: TreePath {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .base }
        return TreePath(unchecked: Array(bytes[..<slash]))
    }

    /// True for the path itself and for everything in it.
    package func contains(_ other: TreePath) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard other.bytes.count >= bytes.count, other.bytes.starts(with: bytes) else { return false }
        return other.bytes.count == bytes.count || other.bytes[bytes.count] == UInt8(ascii: "/")
    }

    /// Order of a walk: a directory comes right before what it holds, names by their bytes.
    package static func < (left: TreePath, right: TreePath) -> Bool {
        let slash = UInt8(ascii: "/")
        return left.bytes.lexicographicallyPrecedes(right.bytes) { a, b in
            if a == b { return false }
            if a == slash { return true }
            if b == slash { return false }
            return a < b
        }
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }
}
