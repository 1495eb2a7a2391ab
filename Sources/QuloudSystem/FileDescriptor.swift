import CSystem
import Glibc
import Synchronization

/// An open file or directory. Closed when released; `close` tells whether closing failed.
package final class FileDescriptor: Sendable {
    package let number: Int32
    private let isOpen = Atomic(true)

    /// Takes over `number`.
    package init(_ number: Int32) { self.number = number }

    deinit {
        if isOpen.load(ordering: .relaxed) { _ = Glibc.close(number) }
    }

    /// Some file systems report a failed write only here. The number must not be used afterwards.
    package func close() throws(Errno) {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        // Never retried: the number is free again even when the call was interrupted.
        guard Glibc.close(number) == 0 || errno == EINTR else { throw Errno(errno, "close") }
    }
}

// MARK: - Opening

extension FileDescriptor {
    /// Opens `path`, close-on-exec. `flags` and `mode` are those of `open(2)`.
    package static func open(_ path: [UInt8], _ flags: Int32, mode: mode_t = 0) throws(Errno) -> FileDescriptor {
        FileDescriptor(Int32(try retrying("open", path) { Int(Glibc.open($0, flags | O_CLOEXEC, mode)) }))
    }

    /// Opens `name` in this directory, close-on-exec.
    package func open(_ name: [UInt8], _ flags: Int32, mode: mode_t = 0) throws(Errno) -> FileDescriptor {
        FileDescriptor(Int32(try retrying("open", name) { Int(openat(number, $0, flags | O_CLOEXEC, mode)) }))
    }

    /// Opens `name` in this directory for reading. Follows no link (`ELOOP`), waits for no FIFO, and leaves the access
    /// time alone where permitted.
    package func openForReading(_ name: [UInt8], _ flags: Int32 = 0) throws(Errno) -> FileDescriptor {
        FileDescriptor(Int32(try retrying("open", name) { Int(quloud_open_reading(number, $0, flags)) }))
    }

    /// The same for an absolute path no part of which may be a symbolic link.
    package static func openForReading(withoutLinks path: [UInt8], _ flags: Int32 = 0) throws(Errno) -> FileDescriptor {
        FileDescriptor(Int32(try retrying("open", path) { Int(quloud_open_without_links($0, flags)) }))
    }

    /// Opens a directory in this one for naming things in it, which needs no right to read it. Follows no link.
    package func openDirectory(_ name: [UInt8]) throws(Errno) -> FileDescriptor {
        FileDescriptor(Int32(try retrying("open", name) { Int(quloud_open_directory_path(number, $0)) }))
    }

    /// A new file without a name in this directory's file system, for writing. See `link(unnamed:as:)`.
    package func openUnnamed(mode: mode_t) throws(Errno) -> FileDescriptor {
        FileDescriptor(Int32(try retrying("create") { Int(quloud_open_unnamed(number, mode)) }))
    }
}
