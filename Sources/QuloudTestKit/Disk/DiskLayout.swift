import CFaultDisk
import Glibc

/// Runs `body` with file calls of this thread passing by all simulated disks.
func bypassingDisks<Value>(_ body: () throws -> Value) rethrows -> Value {
    quloud_disk_begin_bypass()
    defer { quloud_disk_end_bypass() }
    return try body()
}

/// A real folder could not be filled.
package struct DiskLayoutError: Error {
    package let path: String
    package let code: Int32
}

extension DiskTree {
    /// Calls `body` with a folder in which those files of the root lie that have one of the names, for real.
    package func layingOut<Value>(_ names: [String], _ body: (String) throws -> Value) throws -> Value {
        var some = DiskTree()
        for name in names.map({ Array($0.utf8) }) {
            guard let number = child(name, of: Self.root) else { continue }
            some.nodes[number] = nodes[number]
            some.set(name, in: Self.root, to: number)
        }
        let base = try bypassingDisks { try makeTemporaryFolder(below: SimulatedDisk.place) }
        defer { bypassingDisks { removeTree(Array(base.utf8)) } }
        try some.layOut(at: base + "/0")
        return try body(base + "/0")
    }

    /// Makes `folder`, which must not be there, and everything of the tree in it.
    func layOut(at folder: String) throws {
        try bypassingDisks {
            var made: [Number: [UInt8]] = [:]
            try walk { path, number, node in
                let whole = Array(folder.utf8) + (path.isEmpty ? [] : [UInt8(ascii: "/")] + path)
                let name = whole.map(CChar.init(bitPattern:)) + [0]
                if let other = made[number] {
                    try Self.check(link(other.map(CChar.init(bitPattern:)) + [0], name), whole)
                } else {
                    try Self.make(node, at: name, whole)
                    made[number] = whole
                }
            }
        }
    }

    private static func make(_ node: Node, at name: [CChar], _ path: [UInt8]) throws {
        switch node.content {
        case .directory: try check(mkdir(name, 0o700 | node.mode), path)
        case .symlink(let target): try check(symlink(target.map(CChar.init(bitPattern:)) + [0], name), path)
        case .file(let bytes):
            let file = Glibc.open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, node.mode)
            try check(file, path)
            defer { close(file) }
            try check(fchmod(file, node.mode), path)
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + done }, bytes.count - done) }
                try check(Int32(clamping: count), path)
                done += count
            }
        }
    }

    private static func check(_ result: Int32, _ path: [UInt8]) throws {
        guard result >= 0 else { throw DiskLayoutError(path: String(decoding: path, as: UTF8.self), code: errno) }
    }
}
