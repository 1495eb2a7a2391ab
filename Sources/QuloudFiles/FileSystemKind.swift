import Glibc
import QuloudCore
import QuloudSystem

/// Kinds of file systems, as far as they differ in what they keep of their promises.
package enum FileSystemKind: Sendable, Equatable, CustomStringConvertible {
    case ext4
    case xfs
    case btrfs
    case zfs
    case nfs
    case smb
    case fuse
    case overlay
    case tmpfs
    /// A name, or the magic number in hexadecimal digits.
    case other(String)

    /// What holds the file or directory at `path`.
    package static func detect(at path: SystemPath) throws(Errno) -> FileSystemKind {
        try FileSystemKind(of: FileDescriptor.open(path.forSystem, O_RDONLY | O_NONBLOCK))
    }

    init(of file: FileDescriptor) throws(Errno) { self.init(magic: try file.fileSystemMagic()) }

    /// Magic numbers as in `statfs(2)`.
    init(magic: UInt64) {
        switch magic {
        case 0xef53: self = .ext4
        case 0x5846_5342: self = .xfs
        case 0x9123_683e: self = .btrfs
        case 0x2fc1_2fc1: self = .zfs
        case 0x6969: self = .nfs
        case 0xfe53_4d42, 0xff53_4d42, 0x517b: self = .smb
        case 0x6573_5546: self = .fuse
        case 0x794c_7630: self = .overlay
        case 0x0102_1994, 0x8584_58f6: self = .tmpfs
        case 0xf2f5_2010: self = .other("f2fs")
        case 0xca45_1a4e: self = .other("bcachefs")
        case 0x4d44: self = .other("vfat")
        case 0x2011_bab0: self = .other("exfat")
        case 0x0102_1997: self = .other("9p")
        case 0x00c3_6400: self = .other("ceph")
        default: self = .other("0x" + String(magic, radix: 16))
        }
    }

    package var description: String {
        switch self {
        case .ext4: "ext4"
        case .xfs: "xfs"
        case .btrfs: "btrfs"
        case .zfs: "zfs"
        case .nfs: "nfs"
        case .smb: "smb"
        case .fuse: "fuse"
        case .overlay: "overlay"
        case .tmpfs: "tmpfs"
        case .other(let name): name
        }
    }

    /// Why a database must not lie here; `nil` when it may.
    package var unsafeForIndex: String? {
        switch self {
        case .ext4, .xfs, .btrfs, .zfs: nil
        case .nfs, .smb: "locks and shared memory do not work reliably over a network"
        case .fuse: "what fsync and locks do depends on the program behind it"
        case .overlay: "it goes away with its container, and fsync may not reach the disk"
        case .tmpfs: "it is lost when the machine stops"
        case .other("9p"), .other("ceph"): "locks and shared memory do not work reliably over a network"
        case .other("vfat"), .other("exfat"): "it has no journal"
        case .other: nil
        }
    }

    /// Whether a file that was synced before it got its first name is durable once that name's directory is synced.
    /// Btrfs leaves files without a name out of its log, and others were not looked at.
    var keepsUnnamedFiles: Bool { self == .ext4 || self == .xfs }
}
