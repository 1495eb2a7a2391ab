import CSystem
import Glibc

/// What can be done to names in an open directory. None of it follows a symbolic link.
extension FileDescriptor {
    /// Names in this directory without `.` and `..`, in no order.
    package func names() throws(Errno) -> [[UInt8]] {
        let copy = Int32(try retrying("read the directory") { Int(quloud_open_reading(number, ".", O_DIRECTORY)) })
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = Glibc.close(copy)
            throw Errno(code, "read the directory")
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw Errno(errno, "read the directory") }
                return names
            }
            let name = Self.name(of: entry)
            let dot = UInt8(ascii: ".")
            if name != [dot], name != [dot, dot] { names.append(name) }
        }
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        // Taken from the entry's address, as names may be longer than the declared field.
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
        let start = UnsafeRawPointer(entry).advanced(by: offset)
        let length = strlen(start.assumingMemoryBound(to: CChar.self))
        return [UInt8](UnsafeRawBufferPointer(start: start, count: length))
    }

    package func makeDirectory(_ name: [UInt8], mode: mode_t) throws(Errno) {
        try retrying("make the directory", name) { Int(mkdirat(number, $0, mode)) }
    }

    package func unlink(_ name: [UInt8]) throws(Errno) {
        try retrying("remove", name) { Int(unlinkat(number, $0, 0)) }
    }

    /// Removes an empty directory.
    package func removeDirectory(_ name: [UInt8]) throws(Errno) {
        try retrying("remove the directory", name) { Int(unlinkat(number, $0, AT_REMOVEDIR)) }
    }

    /// Removes a directory with all that is in it, never through a link.
    package func removeTree(_ name: [UInt8]) throws(Errno) {
        let tree = try openForReading(name, O_DIRECTORY)
        for entry in try tree.names() {
            do throws(Errno) {
                try tree.unlink(entry)
            } catch {
                guard error.code == EISDIR else { throw error }
                try tree.removeTree(entry)
            }
        }
        try removeDirectory(name)
    }

    package func symlink(_ name: [UInt8], target: [UInt8]) throws(Errno) {
        let target = try cString(target, for: "make the link")
        try retrying("make the link", name) { Int(symlinkat(target, number, $0)) }
    }

    /// Where the symbolic link `name` points.
    package func target(of name: [UInt8]) throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try retrying("read the link", name) { readlinkat(number, $0, &buffer, buffer.count) }
        return buffer.prefix(count).map(UInt8.init(bitPattern:))
    }

    /// Gives an unnamed file a name in this directory; `EEXIST` when it is taken.
    package func link(unnamed file: FileDescriptor, as name: [UInt8]) throws(Errno) {
        let source = "/proc/self/fd/\(file.number)"
        try retrying("name the file", name) { Int(linkat(AT_FDCWD, source, number, $0, AT_SYMLINK_FOLLOW)) }
    }

    /// A second name for what `oldName` in `oldDirectory` names; `EEXIST` when it is taken.
    package func link(_ oldName: [UInt8], in oldDirectory: FileDescriptor, as name: [UInt8]) throws(Errno) {
        let oldName = try cString(oldName, for: "link")
        try retrying("link", name) { Int(linkat(oldDirectory.number, oldName, number, $0, 0)) }
    }

    /// Moves `oldName` of `oldDirectory` here, over what has that name.
    package func rename(_ oldName: [UInt8], in oldDirectory: FileDescriptor, to name: [UInt8]) throws(Errno) {
        let oldName = try cString(oldName, for: "rename")
        try retrying("rename", name) { Int(renameat(oldDirectory.number, oldName, number, $0)) }
    }

    /// Moves `oldName` of `oldDirectory` here; `EEXIST` when the name is taken.
    package func rename(new oldName: [UInt8], in oldDirectory: FileDescriptor, to name: [UInt8]) throws(Errno) {
        let oldName = try cString(oldName, for: "rename")
        try retrying("rename", name) { Int(quloud_rename_new(oldDirectory.number, oldName, number, $0)) }
    }
}
