import Glibc
import QuloudCore
import QuloudSystem

/// Small files that are there whole or not at all.
package enum AtomicFile {
    /// Writes through a temporary file in the same directory; durable when it returns. Throws `EEXIST` when there is
    /// such a file and it is not to be replaced.
    package static func write(
        _ bytes: [UInt8], to path: SystemPath, permissions: UInt16 = 0o644, replacing: Bool = true
    ) throws(Errno) {
        let (parent, name) = path.parentAndName
        let directory = try FileDescriptor.open(parent.forSystem, O_RDONLY | O_DIRECTORY)
        let temporary = temporaryName(".tmp-")
        let file = try directory.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        do {
            try file.write(bytes)
            try file.setPermissions(permissions)
            try file.sync()
            try file.close()
            if replacing {
                try directory.rename(temporary, in: directory, to: name)
            } else {
                try directory.link(temporary, in: directory, as: name)
                try directory.unlink(temporary)
            }
        } catch {
            try? directory.unlink(temporary)
            throw error
        }
        try directory.sync()
    }

    /// Removes a file; durable when it returns. False when there is none.
    package static func remove(_ path: SystemPath) throws(Errno) -> Bool {
        let (parent, name) = path.parentAndName
        let directory = try FileDescriptor.open(parent.forSystem, O_RDONLY | O_DIRECTORY)
        do throws(Errno) {
            try directory.unlink(name)
        } catch  where error.code == ENOENT {
            return false
        }
        try directory.sync()
        return true
    }

    /// The whole content; `nil` when there is no such file. Throws `EFBIG` when it is longer than `sizeMax` bytes.
    package static func read(_ path: SystemPath, sizeMax: Int) throws(Errno) -> [UInt8]? {
        do throws(Errno) {
            let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
            let bytes = try file.read(at: 0, count: sizeMax + 1)
            guard bytes.count <= sizeMax else { throw Errno(EFBIG, "read") }
            return bytes
        } catch  where error.code == ENOENT {
            return nil
        }
    }
}
