import Glibc
import QuloudCore
import QuloudSystem
import QuloudTestKit

/// A temporary folder, and short ways to put things into it.
struct TestFolder: Sendable {
    let path: SystemPath

    /// Free of links, as a source must be.
    static func with<Value>(_ body: (TestFolder) async throws -> Value) async throws -> Value {
        try await withTemporaryFolder { path in
            guard let real = realpath(path, nil) else { throw Errno(errno, "realpath") }
            defer { free(real) }
            return try await body(TestFolder(path: Array(String(cString: real).utf8)))
        }
    }

    subscript(_ name: String) -> SystemPath { self[Array(name.utf8)] }
    subscript(_ name: [UInt8]) -> SystemPath { path + [UInt8(ascii: "/")] + name }

    func directory(_ name: [UInt8] = []) throws -> FileDescriptor {
        try .open(name.isEmpty ? path : self[name], O_RDONLY | O_DIRECTORY)
    }

    @discardableResult
    func folder(_ name: String, mode: mode_t = 0o755) throws -> TestFolder {
        try directory().makeDirectory(Array(name.utf8), mode: mode)
        return TestFolder(path: self[name])
    }

    @discardableResult
    func file(_ name: String, _ content: String = "", mode: UInt16 = 0o644) throws -> FileDescriptor {
        try file(Array(name.utf8), Array(content.utf8), mode: mode)
    }

    @discardableResult
    func file(_ name: [UInt8], _ content: [UInt8] = [], mode: UInt16 = 0o644) throws -> FileDescriptor {
        let file = try FileDescriptor.open(self[name], O_RDWR | O_CREAT | O_TRUNC, mode: 0o644)
        try file.write(content)
        try file.setPermissions(mode)
        return file
    }

    func symlink(_ name: String, to target: String) throws {
        try directory().symlink(Array(name.utf8), target: Array(target.utf8))
    }

    func content(_ name: String) throws -> String {
        let file = try FileDescriptor.open(self[name], O_RDONLY)
        return String(decoding: try file.read(at: 0, count: Int(try file.status().size)), as: UTF8.self)
    }

    func names(_ name: String = "") throws -> [String] {
        try directory(Array(name.utf8)).names().map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
}

extension TreePath {
    /// Of a literal that is known to be good.
    static func of(_ text: String) throws -> TreePath {
        guard let path = TreePath(Array(text.utf8)) else { throw Errno(EINVAL, "path") }
        return path
    }
}

/// Attributes that this process may set.
func plainAttributes(mode: UInt16 = 0o644, seconds: Int64 = 1_000_000) -> EntryAttributes {
    EntryAttributes(
        mode: mode, user: geteuid(), group: getegid(), modifiedSeconds: seconds, modifiedNanoseconds: 5)
}

let isRoot = geteuid() == 0
