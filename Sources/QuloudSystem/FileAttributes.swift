import CSystem
import Glibc

extension FileDescriptor {
    /// `permissions` are the low 12 bits of a mode.
    package func setPermissions(_ permissions: UInt16) throws(Errno) {
        let mode = mode_t(permissions & 0o7777)
        try orThroughProc("set the mode", { Int(fchmod(number, mode)) }, { Int(chmod($0, mode)) })
    }

    /// `nil` leaves user or group as it is.
    package func setOwner(user: UInt32?, group: UInt32?) throws(Errno) {
        let user = user ?? .max
        let group = group ?? .max
        try orThroughProc("set the owner", { Int(fchown(number, user, group)) }, { Int(chown($0, user, group)) })
    }

    /// Of `name` in this directory; a symbolic link itself, not its target.
    package func setOwner(of name: [UInt8], user: UInt32?, group: UInt32?) throws(Errno) {
        try retrying("set the owner", name) {
            Int(fchownat(number, $0, user ?? .max, group ?? .max, AT_SYMLINK_NOFOLLOW))
        }
    }

    /// Sets the time of modification, and the time of access to the same.
    package func setModified(seconds: Int64, nanoseconds: UInt32) throws(Errno) {
        let times = Self.times(seconds, nanoseconds)
        try orThroughProc("set the times", { Int(futimens(number, times)) }, { Int(utimensat(AT_FDCWD, $0, times, 0)) })
    }

    /// The same for `name` in this directory; a symbolic link itself, not its target.
    package func setModified(of name: [UInt8], seconds: Int64, nanoseconds: UInt32) throws(Errno) {
        let times = Self.times(seconds, nanoseconds)
        try retrying("set the times", name) { Int(utimensat(number, $0, times, AT_SYMLINK_NOFOLLOW)) }
    }

    /// A directory opened for its path only refuses the calls that take a descriptor.
    private func orThroughProc(
        _ operation: String, _ direct: () -> Int, _ throughProc: (UnsafePointer<CChar>) -> Int
    ) throws(Errno) {
        do {
            try retrying(operation, direct)
        } catch  where error.code == EBADF {
            try retrying(operation, Array("/proc/self/fd/\(number)".utf8), throughProc)
        }
    }

    private static func times(_ seconds: Int64, _ nanoseconds: UInt32) -> [timespec] {
        let time = timespec(tv_sec: time_t(seconds), tv_nsec: Int(min(nanoseconds, 999_999_999)))
        return [time, time]
    }

    // MARK: Extended attributes

    /// Names of the extended attributes of `name` in this directory (`.` for itself), in no order. Empty where the file
    /// system has none.
    package func xattrNames(of name: [UInt8]) throws(Errno) -> [[UInt8]] {
        let operation = "list extended attributes"
        let path = try procPath(name, for: operation)
        do {
            return try Self.growing(from: 512) { (buffer: inout [CChar]) throws(Errno) in
                try retrying(operation) { quloud_list_xattrs(path, &buffer, buffer.count) }
            }.split(separator: 0).map { Array($0) }
        } catch  where error.code == EOPNOTSUPP || error.code == ENOSYS {
            return []
        }
    }

    /// `nil` when the attribute is gone or its value is longer than `sizeMax` bytes.
    package func xattr(_ attribute: [UInt8], of name: [UInt8], sizeMax: Int) throws(Errno) -> [UInt8]? {
        let operation = "read an extended attribute"
        let path = try procPath(name, for: operation)
        let attribute = try cString(attribute, for: operation)
        do {
            let value = try Self.growing(from: 256) { (buffer: inout [CChar]) throws(Errno) in
                try retrying(operation) { quloud_get_xattr(path, attribute, &buffer, buffer.count) }
            }
            return value.count <= sizeMax ? value : nil
        } catch  where error.code == ENODATA {
            return nil
        }
    }

    package func setXattr(_ attribute: [UInt8], _ value: [UInt8]) throws(Errno) {
        do {
            try retrying("set an extended attribute", attribute) {
                Int(quloud_set_file_xattr(number, $0, value, value.count))
            }
        } catch  where error.code == EBADF {
            try setXattr(attribute, value, of: [UInt8(ascii: ".")])
        }
    }

    /// Of `name` in this directory; a symbolic link itself, not its target.
    package func setXattr(_ attribute: [UInt8], _ value: [UInt8], of name: [UInt8]) throws(Errno) {
        let path = try procPath(name, for: "set an extended attribute")
        try retrying("set an extended attribute", attribute) { Int(quloud_set_xattr(path, $0, value, value.count)) }
    }

    /// There are no `…at` calls for extended attributes; the way through /proc is as safe against renamed parents.
    private func procPath(_ name: [UInt8], for operation: String) throws(Errno) -> [CChar] {
        try cString(Array("/proc/self/fd/\(number)/".utf8) + name, for: operation)
    }

    /// Reads with a buffer that grows while the value does not fit, up to what Linux allows (64 KiB).
    private static func growing(
        from size: Int, _ read: (inout [CChar]) throws(Errno) -> Int
    ) throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: size)
        while true {
            do {
                let count = try read(&buffer)
                return buffer.prefix(count).map(UInt8.init(bitPattern:))
            } catch  where error.code == ERANGE && buffer.count < 1 << 17 {
                buffer = [CChar](repeating: 0, count: buffer.count * 4)
            }
        }
    }
}
