package struct TreeError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case vanished, denied, changed, exists, full, failed
    }
    package let kind: Kind
    /// The operation and what the system says; the path is added by whoever reports it.
    package let description: String
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// An absolute path of the owner's own system, as raw bytes without a trailing slash (`/` itself is empty).
package typealias SystemPath = [UInt8]

/// Reads the owner's folders. Never follows a symbolic link below a root, never changes an access time where the system
/// lets it, and reports rather than hangs on what it cannot read.
package protocol SourceTree: Sendable {
    /// The entry at `path` itself.
    func entry(at path: SystemPath) async throws(TreeError) -> SourceEntry
    /// What a directory holds, in order of the names' bytes.
    func list(_ directory: SystemPath) async throws(TreeError) -> [SourceEntry]
    /// The whole content of small regular files in `directory`, in the order asked for. A file whose stamp differs from
    /// the one given, before or after reading, is `.changed`.
    func read(_ files: [SourceEntry], in directory: SystemPath) async -> [Result<[UInt8], TreeError>]
    /// Opens a regular file for reading. Throws `.changed` when it is no longer a regular file.
    func open(_ path: SystemPath) async throws(TreeError) -> any SourceFile
}

/// An open file of the owner's. Closed when released.
package protocol SourceFile: Sendable {
    /// As it was when opened.
    var stamp: FileStamp { get }
    /// Where data lies: holes are left out. Ascending and disjoint; `0 ..< size` where the file system does not tell.
    func dataRanges() async throws(TreeError) -> [Range<Int64>]
    /// The bytes of `head`, then at most `count` from `offset`; none of these at the end of the file.
    func read(at offset: Int64, count: Int, behind head: ArraySlice<UInt8>) async throws(TreeError) -> [UInt8]
    /// The stamp now: differs from `stamp` when the file changed while it was read.
    func currentStamp() async throws(TreeError) -> FileStamp
}

extension SourceFile {
    package func read(at offset: Int64, count: Int) async throws(TreeError) -> [UInt8] {
        try await read(at: offset, count: count, behind: [])
    }
}
