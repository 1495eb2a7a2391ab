import Glibc
import QuloudSystem
import Testing

@testable import QuloudFiles

@Suite struct FileSystemKindTests {
    @Test func knownMagicNumbersHaveNames() {
        #expect(FileSystemKind(magic: 0xef53) == .ext4)
        #expect(FileSystemKind(magic: 0x6969) == .nfs)
        #expect(FileSystemKind(magic: 0xff53_4d42) == .smb)
        #expect(FileSystemKind(magic: 0x1234) == .other("0x1234"))
    }

    @Test func anIndexBelongsOnALocalDiskWithAJournal() {
        for kind in [FileSystemKind.ext4, .xfs, .btrfs, .zfs] { #expect(kind.unsafeForIndex == nil) }
        for kind in [FileSystemKind.nfs, .smb, .fuse, .overlay, .tmpfs] { #expect(kind.unsafeForIndex != nil) }
    }

    @Test(.enabled(if: access("/dev/shm", F_OK) == 0))
    func sharedMemoryIsDetectedAsTmpfs() throws {
        #expect(try FileSystemKind.detect(at: Array("/dev/shm".utf8)) == .tmpfs)
        #expect(throws: Errno.self) { try FileSystemKind.detect(at: Array("/no/such/place".utf8)) }
    }
}
