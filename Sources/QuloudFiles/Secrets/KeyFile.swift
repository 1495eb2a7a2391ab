import Glibc
import QuloudCore
import QuloudSystem

package struct KeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case missing
        /// There is a file already, and it was not to be replaced.
        case exists
        /// Others may read or change the file, or it belongs to someone else.
        case insecure
        case tooLarge
        case failed
    }
    package let kind: Kind
    package let description: String
    /// How to mend it, where there is a way.
    package let hint: String?

    init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }
}

/// Small files with secrets, for their owner's eyes only.
package enum KeyFile {
    /// Any key file is far smaller.
    package static let sizeMax = 64 * 1024

    /// The whole content. Refuses a file that others may open, or that belongs to another user than this one or root.
    package static func read(_ path: SystemPath) throws(KeyFileError) -> [UInt8] {
        let file: FileDescriptor
        let status: FileStatus
        do {
            file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
            status = try file.status()
        } catch {
            throw failure(error, "read", path)
        }
        try check(status, path)
        do throws(Errno) {
            let bytes = try file.read(at: 0, count: sizeMax + 1)
            guard bytes.count <= sizeMax else { throw Errno(EFBIG, "read") }
            return bytes
        } catch {
            throw failure(error, "read", path)
        }
    }

    /// Writes atomically, with mode 0600; durable when it returns.
    package static func write(_ bytes: [UInt8], to path: SystemPath, replacing: Bool = false) throws(KeyFileError) {
        do {
            try AtomicFile.write(bytes, to: path, permissions: 0o600, replacing: replacing)
        } catch {
            throw failure(error, "write", path)
        }
    }

    private static func check(_ status: FileStatus, _ path: SystemPath) throws(KeyFileError) {
        guard status.kind == .file else { throw KeyFileError(.failed, "key file \(path.text) is not a regular file") }
        let user = geteuid()
        guard status.user == user || status.user == 0 else {
            throw KeyFileError(
                .insecure, "key file \(path.text) belongs to user \(status.user)",
                hint: "check who put it there, then: chown \(user) \(path.text)")
        }
        guard status.permissions & 0o077 == 0 else {
            throw KeyFileError(
                .insecure,
                "key file \(path.text) is open to others (mode 0\(String(status.permissions, radix: 8)))",
                hint: "chmod 600 \(path.text)")
        }
    }

    private static func failure(_ error: Errno, _ operation: String, _ path: SystemPath) -> KeyFileError {
        switch error.code {
        case ENOENT where operation == "read": KeyFileError(.missing, "there is no key file \(path.text)")
        case EFBIG: KeyFileError(.tooLarge, "key file \(path.text) is longer than \(sizeMax) bytes")
        case EEXIST: KeyFileError(.exists, "there is a key file \(path.text) already")
        default: KeyFileError(.failed, "cannot \(operation) key file \(path.text): \(error)")
        }
    }
}
