import FoundationEssentials
import Glibc

/// A temporary folder that is removed when the last reference goes.
package final class TestFolder: Sendable {
    package let path: String

    package struct Failure: Error {}

    package init() throws {
        path = try makeTemporaryFolder()
    }

    deinit { removeTree(Array(path.utf8)) }

    /// Writes a small text file, readable by its owner only.
    package func write(_ name: String, _ text: String) throws {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure() }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Failure() }
    }

    /// A text file's content, empty when there is none.
    package func read(_ name: String) -> String {
        (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
    }

    /// Removes a file or folder, when it exists.
    package func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
}
