import Glibc

/// Runs `body` with the path of a fresh folder below `parent` or the system's temporary one, and removes the folder
/// afterwards.
package func withTemporaryFolder<Value>(
    below parent: String? = nil, _ body: (String) async throws -> Value
) async throws -> Value {
    let path = try makeTemporaryFolder(below: parent)
    defer { removeTree(Array(path.utf8)) }
    return try await body(path)
}

/// A fresh folder below `parent`, or the system's temporary one; the caller removes it.
func makeTemporaryFolder(below parent: String? = nil) throws(TemporaryFolderError) -> String {
    let base = parent ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/quloud-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TemporaryFolderError(code: errno) }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// The temporary folder could not be made.
package struct TemporaryFolderError: Error, Sendable {
    /// What the system said, as `errno`.
    package let code: Int32
}

/// Depth first, never through a link. Paths are raw bytes, since tests make names that are not UTF-8.
package func removeTree(_ path: [UInt8]) {
    let terminated = path.map { CChar(bitPattern: $0) } + [0]
    _ = chmod(terminated, 0o700)
    if let directory = opendir(terminated) {
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == Array(".".utf8) || name == Array("..".utf8) { continue }
            let child = path + [UInt8(ascii: "/")] + name
            if entry.pointee.d_type == UInt8(DT_DIR) {
                removeTree(child)
            } else {
                unlink(child.map { CChar(bitPattern: $0) } + [0])
            }
        }
    }
    rmdir(terminated)
}
