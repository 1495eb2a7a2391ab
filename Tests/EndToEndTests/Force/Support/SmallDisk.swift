import Foundation
import Glibc

/// A file system of a few megabytes at a folder, with what was in it. The kernel forgets it when this goes.
final class SmallDisk {
    let path: String
    private var filler: String { path + "/.filler" }

    /// Whether this process may mount at all: root in a container may not.
    static let isPossible: Bool = {
        let folder = NSTemporaryDirectory() + "quloud-mount-\(getpid())"
        mkdir(folder, 0o700)
        defer { rmdir(folder) }
        guard mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0 else { return false }
        umount2(folder, Int32(MNT_DETACH))
        return true
    }()

    init(at path: String, megabytes: Int) throws {
        self.path = path
        mkdir(path, 0o700)
        let aside = path + ".aside"
        try FileManager.default.copyItem(atPath: path, toPath: aside)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m,mode=700") == 0 else {
            throw Failure("cannot mount at \(path): \(String(cString: strerror(errno)))")
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: aside) where !name.hasSuffix(".sock") {
            try FileManager.default.copyItem(atPath: aside + "/" + name, toPath: path + "/" + name)
        }
        try FileManager.default.removeItem(atPath: aside)
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    /// Takes all room but some bytes.
    func fill(leaving bytes: Int) throws {
        let file = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure("cannot fill \(path)") }
        defer { close(file) }
        var facts = statvfs()
        guard fstatvfs(file, &facts) == 0 else { throw Failure("cannot look at \(path)") }
        let count = Int(facts.f_bavail * facts.f_frsize) - bytes
        guard count > 0, posix_fallocate(file, 0, off_t(count)) == 0 else { throw Failure("cannot fill \(path)") }
    }

    func makeRoom() { unlink(filler) }
}
