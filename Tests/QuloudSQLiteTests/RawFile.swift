import Glibc

/// Looks at database files, and harms them, behind SQLite's back. Only for files that nobody has open in this process.
enum RawFile {
    static func read(_ path: String) throws -> [UInt8] {
        let file = try open(path, O_RDONLY)
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try open(path, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(file) }
        try put(bytes, into: file, at: 0)
    }

    static func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
        let file = try open(path, O_WRONLY)
        defer { close(file) }
        try put(bytes, into: file, at: offset)
    }

    /// The permission bits.
    static func mode(of path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    struct Failure: Error { let code: Int32 }

    private static func open(_ path: String, _ flags: Int32) throws -> Int32 {
        let file = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(code: errno) }
        return file
    }

    private static func put(_ bytes: [UInt8], into file: Int32, at offset: Int) throws {
        guard pwrite(file, bytes, bytes.count, off_t(offset)) == bytes.count else { throw Failure(code: errno) }
    }
}

extension UInt32 {
    var bigEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> UInt32(24 - 8 * $0)) } }
}
