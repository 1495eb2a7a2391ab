import Glibc

/// What `stat(2)` tells of an entry.
package struct FileStatus: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case file
        case directory
        case symlink
        case fifo
        case socket
        case characterDevice
        case blockDevice
        case unknown
    }

    package let kind: Kind
    /// Permission bits with set-uid, set-gid and sticky: 12 bits.
    package let permissions: UInt16
    package let user: UInt32
    package let group: UInt32
    package let device: UInt64
    package let inode: UInt64
    package let links: UInt32
    /// Bytes.
    package let size: Int64
    package let modifiedSeconds: Int64
    package let modifiedNanoseconds: UInt32
    package let changedSeconds: Int64
    package let changedNanoseconds: UInt32

    init(_ status: stat) {
        kind = Kind(mode: status.st_mode)
        permissions = UInt16(status.st_mode & 0o7777)
        user = status.st_uid
        group = status.st_gid
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        links = UInt32(clamping: status.st_nlink)
        size = Int64(status.st_size)
        modifiedSeconds = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = UInt32(clamping: status.st_mtim.tv_nsec)
        changedSeconds = Int64(status.st_ctim.tv_sec)
        changedNanoseconds = UInt32(clamping: status.st_ctim.tv_nsec)
    }
}

extension FileStatus.Kind {
    fileprivate init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symlink
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        default: self = .unknown
        }
    }
}

extension FileDescriptor {
    /// Of the open file itself.
    package func status() throws(Errno) -> FileStatus {
        var status = stat()
        try retrying("stat") { Int(fstat(number, &status)) }
        return FileStatus(status)
    }

    /// Of `name` in this directory; a symbolic link is not followed.
    package func status(of name: [UInt8]) throws(Errno) -> FileStatus {
        var status = stat()
        try retrying("stat", name) { Int(fstatat(number, $0, &status, AT_SYMLINK_NOFOLLOW)) }
        return FileStatus(status)
    }
}
