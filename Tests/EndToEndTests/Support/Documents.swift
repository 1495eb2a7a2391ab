import Foundation
import Glibc
import QuloudTestKit

/// A folder worth keeping, with some of what is awkward in it.
struct Documents {
    let path: String
    /// A text that is in the content of a file, and one that is in a name.
    static let contentMarker = "plaintext-marker-8f3a61d0c2"
    static let nameMarker = "name-marker-55e1b7"

    init(at path: String, megabytes: Int = 6, seed: UInt64 = 1) throws {
        self.path = path
        let entropy = SeededEntropy(seed: seed)
        for folder in ["", "/inside", "/inside/empty folder", "/many"] {
            guard mkdir(path + folder, 0o755) == 0 else { throw Failure("cannot make \(path + folder)") }
        }
        for number in 0..<megabytes { try write("big \(number)", entropy.bytes(1 << 20)) }
        for number in 0..<100 { try write("many/\(number)", entropy.bytes(number * 37)) }
        try write("inside/\(Self.nameMarker) ünïcode\n", Array(String(repeating: Self.contentMarker, count: 9).utf8))
        try write("inside/empty", [])
        try write("inside/zeros", [UInt8](repeating: 0, count: 3 << 20))
        guard symlink("../big 0", path + "/inside/link") == 0, link(path + "/big 0", path + "/inside/hard link") == 0
        else { throw Failure("cannot make links") }
        chmod(path + "/inside/empty", 0o4750)
        var times = [timeval(tv_sec: 1_234_567, tv_usec: 891_011), timeval(tv_sec: 1_234_567, tv_usec: 891_011)]
        utimes(path + "/inside/empty folder", &times)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        guard FileManager.default.createFile(atPath: path + "/" + name, contents: Data(bytes)) else {
            throw Failure("cannot write \(name)")
        }
    }
}

/// Every entry of a folder with what is to come back of it: type, mode, owner, size, time, links, bytes.
func description(of folder: String) throws -> [String: String] {
    var entries: [String: String] = [:]
    var first: [ino_t: String] = [:]
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    for name in names {
        let path = folder + "/" + name
        var facts = stat()
        guard lstat(path, &facts) == 0 else { throw Failure("cannot look at \(path)") }
        let kind = facts.st_mode & S_IFMT
        var text = "\(String(facts.st_mode, radix: 8)) \(facts.st_uid) \(facts.st_gid) "
        text += "\(facts.st_mtim.tv_sec).\(facts.st_mtim.tv_nsec) "
        if kind == S_IFLNK {
            text += try FileManager.default.destinationOfSymbolicLink(atPath: path)
        } else if kind == S_IFREG {
            text +=
                "\(facts.st_size) \(try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString().hashValue) "
            text += first[facts.st_ino] ?? "first"
            first[facts.st_ino] = first[facts.st_ino] ?? name
        }
        entries[name] = text
    }
    return entries
}
