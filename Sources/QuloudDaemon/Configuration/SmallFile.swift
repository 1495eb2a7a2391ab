import Glibc

/// Why a file could not be read. Never says what is in it.
package struct FileReadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is in the way.
    package enum Reason: Sendable, Equatable {
        /// errno
        case system(CInt)
        case notRegular
        case tooLarge(sizeMax: Int)
        case foreignOwner
        /// The permission bits it has.
        case openToOthers(mode: UInt32)
        case empty
    }

    /// As it was opened.
    package let path: String
    /// What is in the way.
    package let reason: Reason

    /// One line with path and reason.
    package var description: String {
        switch reason {
        case .system(let code): "cannot read \(path): \(Self.text(of: code))"
        case .notRegular: "cannot read \(path): not a regular file"
        case .tooLarge(let sizeMax): "cannot read \(path): larger than \(ByteSize.text(sizeMax))"
        case .foreignOwner: "refusing \(path): it belongs to another user"
        case .openToOthers(let mode): "refusing \(path): others can access it (mode \(Self.octal(mode)))"
        case .empty: "refusing \(path): it is empty"
        }
    }

    /// What to do about it, where that is not plain.
    package var hint: String? {
        switch reason {
        case .openToOthers: "run: chmod 600 \(path)"
        case .foreignOwner: "the file of a secret has to belong to the user that runs quloud, or to root"
        default: nil
        }
    }

    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func text(of code: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let bytes = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }
}

/// Reads files that are small by nature. Blocking, but short.
package enum SmallFile {
    /// The whole of a regular file.
    package static func read(_ path: String, sizeMax: Int) throws(FileReadError) -> [UInt8] {
        try read(path, sizeMax: sizeMax) { _ in nil }
    }

    /// The file of a secret: it belongs to this user or to root, and nobody else has access.
    package static func readSecret(_ path: String, sizeMax: Int = 64 << 10) throws(FileReadError) -> [UInt8] {
        let bytes = try read(path, sizeMax: sizeMax, check: complaint)
        if bytes.isEmpty { throw FileReadError(path: path, reason: .empty) }
        return bytes
    }

    /// Checks owner and mode of the file of a secret without reading it.
    package static func checkSecret(_ path: String) throws(FileReadError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileReadError(path: path, reason: .system(errno)) }
        if let reason = complaint(about: status) { throw FileReadError(path: path, reason: reason) }
    }

    /// Whether something is at `path`; throws when that cannot be told.
    static func exists(_ path: String) throws(FileReadError) -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return true }
        let code = errno
        if code == ENOENT || code == ENOTDIR { return false }
        throw FileReadError(path: path, reason: .system(code))
    }

    private static func complaint(about status: stat) -> FileReadError.Reason? {
        if status.st_mode & S_IFMT != S_IFREG { return .notRegular }
        if status.st_uid != geteuid(), status.st_uid != 0 { return .foreignOwner }
        return status.st_mode & 0o077 == 0 ? nil : .openToOthers(mode: status.st_mode & 0o7777)
    }

    private static func read(
        _ path: String, sizeMax: Int, check: (stat) -> FileReadError.Reason?
    ) throws(FileReadError) -> [UInt8] {
        // Not blocking, so that a FIFO is refused instead of waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileReadError(path: path, reason: .system(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileReadError(path: path, reason: .system(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileReadError(path: path, reason: .notRegular) }
        if let reason = check(status) { throw FileReadError(path: path, reason: reason) }
        var bytes = [UInt8](repeating: 0, count: sizeMax + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileReadError(path: path, reason: .system(errno)) }
            if count == 0 { return Array(bytes[..<filled]) }
            filled += count
        }
        throw FileReadError(path: path, reason: .tooLarge(sizeMax: sizeMax))
    }
}
