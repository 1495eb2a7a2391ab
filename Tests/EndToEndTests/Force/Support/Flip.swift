import Foundation
import Glibc
import QuloudTestKit

/// Flips one bit of a file; gives back the whole folder afterwards.
struct Flip {
    let trial: Trial

    /// Returns which byte and bit.
    @discardableResult
    func one(in path: String) throws -> String {
        let file = open(path, O_RDWR | O_CLOEXEC)
        // A blob may be read-only; root does not mind, others do.
        guard file >= 0 else { throw Failure("cannot open \(path)") }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_size > 0 else { throw Failure("\(path) is empty") }
        let (offset, bit) = (trial.number(below: Int(facts.st_size)), trial.number(below: 8))
        var byte: UInt8 = 0
        guard pread(file, &byte, 1, off_t(offset)) == 1 else { throw Failure("cannot read \(path)") }
        byte ^= 1 << UInt8(bit)
        guard pwrite(file, &byte, 1, off_t(offset)) == 1 else { throw Failure("cannot write \(path)") }
        return "\(path): byte \(offset), bit \(bit)"
    }

    /// Runs `body` with one bit flipped in a file of a folder, and puts the folder back as it was.
    func inTurn(_ file: String, of folder: String, _ body: (String) async throws -> Void) async throws {
        let image = folder + ".image"
        try copy(folder, to: image)
        let what = try one(in: folder + "/" + file)
        do { try await body(what) } catch { throw Failure("\(what): \(error)") }
        try FileManager.default.removeItem(atPath: folder)
        guard rename(image, folder) == 0 else { throw Failure("cannot put \(folder) back") }
    }

    /// Sockets are left out: they cannot be copied, and mean nothing.
    private func copy(_ folder: String, to image: String) throws {
        mkdir(image, 0o700)
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() {
            var facts = stat()
            guard lstat(folder + "/" + name, &facts) == 0, facts.st_mode & S_IFMT != S_IFSOCK else { continue }
            if facts.st_mode & S_IFMT == S_IFDIR {
                mkdir(image + "/" + name, facts.st_mode & 0o777)
            } else {
                try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: image + "/" + name)
            }
        }
    }
}

/// Regular files below a folder that are not empty, by their paths in it.
func files(below folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().filter { name in
        var facts = stat()
        return lstat(folder + "/" + name, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG && facts.st_size > 0
    }
}
