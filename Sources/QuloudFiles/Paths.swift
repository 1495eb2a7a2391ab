import Glibc
import QuloudCore
import QuloudSystem

extension SystemPath {
    /// As the system wants it: `/` is empty in the core.
    var forSystem: [UInt8] { isEmpty ? [UInt8(ascii: "/")] : self }

    /// The directory that holds the last name, and that name. A path without a slash lies in `.`.
    var parentAndName: (parent: [UInt8], name: [UInt8]) {
        guard let slash = lastIndex(of: UInt8(ascii: "/")) else { return ([UInt8(ascii: ".")], self) }
        return (Array(self[..<slash]), Array(self[(slash + 1)...]))
    }

    /// For messages.
    var text: String { String(decoding: forSystem, as: UTF8.self) }
}

/// A name that nothing else uses: `prefix` and 16 random hexadecimal digits.
func temporaryName(_ prefix: String) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return Array(prefix.utf8) + systemRandomBytes(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
}

/// Opens the directory at `path`, made with its parents (mode 0700) where missing. Each new name is made durable.
func openMakingDirectories(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    do {
        return try FileDescriptor.open(path.forSystem, O_RDONLY | O_DIRECTORY)
    } catch  where error.code == ENOENT {
        let (parentPath, name) = path.parentAndName
        // A path that ends in nothing has no name that could be made.
        guard !name.isEmpty else { throw error }
        let parent = try openMakingDirectories(parentPath)
        do {
            try parent.makeDirectory(name, mode: 0o700)
        } catch  where error.code == EEXIST {
            // Someone else made it just now, or it is a link that points nowhere: opening tells.
        }
        try parent.sync()
        return try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    }
}
