import Glibc
import QuloudCore
import QuloudSystem

/// The directories of a blob store, all made when it is first opened and kept open:
/// `00` … `ff` for the blobs, by the first byte of their names; `tmp`; `quarantine`.
struct BlobLayout: Sendable {
    let root: FileDescriptor
    /// 256, by first byte.
    let shards: [FileDescriptor]
    let temporary: FileDescriptor
    let quarantine: FileDescriptor

    private static let marker = Array("format".utf8)
    private static let format = Array("quloud blobs 1\n".utf8)

    /// Makes what is missing, durably, and removes what an earlier process left in `tmp`. Throws `EMEDIUMTYPE` when the
    /// directory has another format.
    static func open(_ path: SystemPath) throws(Errno) -> BlobLayout {
        let root = try openMakingDirectories(path)
        let known = try AtomicFile.read(path + [UInt8(ascii: "/")] + marker, sizeMax: 64)
        if let known, known != format { throw Errno(EMEDIUMTYPE, "read the format") }
        // Without the marker a directory may be there and yet not be durable.
        var changed = known == nil
        let names = (0...UInt8.max).map(hex) + [Array("tmp".utf8), Array("quarantine".utf8)]
        var directories: [FileDescriptor] = []
        for name in names { directories.append(try directory(name, in: root, &changed)) }
        // A name that an earlier process gave and could not make durable is seen from now on, and may be vouched for.
        for directory in directories { try directory.sync() }
        if changed {
            try root.sync()
            try AtomicFile.write(format, to: path + [UInt8(ascii: "/")] + marker, permissions: 0o600)
        }
        let temporary = directories[256]
        for name in try temporary.names() { try temporary.unlink(name) }
        return BlobLayout(
            root: root, shards: Array(directories[..<256]), temporary: temporary, quarantine: directories[257])
    }

    private static func directory(
        _ name: [UInt8], in root: FileDescriptor, _ changed: inout Bool
    ) throws(Errno) -> FileDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        do {
            return try root.open(name, flags)
        } catch  where error.code == ENOENT {
            try root.makeDirectory(name, mode: 0o700)
            changed = true
            return try root.open(name, flags)
        }
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        let digits = String(byte, radix: 16)
        return Array((byte < 16 ? "0" + digits : digits).utf8)
    }
}

/// Where a blob lies.
struct BlobPlace: Sendable {
    /// Index of the shard directory.
    let shard: Int
    /// 64 hexadecimal digits.
    let name: [UInt8]

    init(_ key: HoldingKey) {
        let digits = key.description
        name = Array(digits.utf8)
        shard = Int(digits.prefix(2), radix: 16) ?? 0
    }
}
