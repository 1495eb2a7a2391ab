import CSystem
import Glibc

extension FileDescriptor {
    /// Magic number of the file system that holds this file, see `statfs(2)`.
    package func fileSystemMagic() throws(Errno) -> UInt64 {
        var magic: UInt64 = 0
        try retrying("look at the file system") { Int(quloud_file_system_magic(number, &magic)) }
        return magic
    }

    /// Bytes that this user may still write, and bytes in all.
    package func room() throws(Errno) -> (free: Int64, total: Int64) {
        var status = statvfs()
        try retrying("look at the file system") { Int(fstatvfs(number, &status)) }
        func bytes(_ blocks: UInt) -> Int64 {
            let (product, overflow) = UInt64(blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize))
            return overflow ? .max : Int64(clamping: product)
        }
        return (bytes(UInt(status.f_bavail)), bytes(UInt(status.f_blocks)))
    }

    /// Makes everything durable that was written to this file system, by whomever.
    package func syncFileSystem() throws(Errno) {
        try retrying("sync the file system") { Int(quloud_sync_file_system(number)) }
    }
}

/// Bytes from the kernel's generator, or what it gave before it failed, which it does not once the system is up.
package func systemRandomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
        while filled < buffer.count {
            let rest = UnsafeMutableBufferPointer(rebasing: buffer[filled...])
            guard let got = try? retrying("getrandom", { quloud_random(rest.baseAddress, rest.count) }), got > 0 else {
                return
            }
            filled += got
        }
    }
}
