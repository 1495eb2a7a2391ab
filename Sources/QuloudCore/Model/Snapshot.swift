import QuloudCrypto

/// Points to a sealed chunk and says how to open it: all that is needed to read it, given a holder.
package struct ChunkRef: Hashable, Sendable {
    package let id: ChunkID
    package let contentKey: Bytes32
    /// Bytes of plaintext.
    package let plainSize: Int
    package init(id: ChunkID, contentKey: Bytes32, plainSize: Int) {
        self.id = id
        self.contentKey = contentKey
        self.plainSize = plainSize
    }
}

/// One backed-up state of some folders.
package struct Snapshot: Sendable, Equatable {
    package let id: SnapshotID
    package let createdAt: Timestamp
    package let label: String
    package let host: String
    /// Common parent of the roots: entries' paths are relative to it.
    package let base: SystemPath
    package let roots: [TreePath]
    /// The manifest's root chunk.
    package let manifest: ChunkRef
    package let files: Int
    package let directories: Int
    package let bytes: Int64
    /// Files that could not be read, or changed while they were read.
    package let problems: Int

    package init(
        id: SnapshotID, createdAt: Timestamp, label: String, host: String, base: SystemPath, roots: [TreePath],
        manifest: ChunkRef, files: Int, directories: Int, bytes: Int64, problems: Int
    ) {
        self.id = id
        self.createdAt = createdAt
        self.label = label
        self.host = host
        self.base = base
        self.roots = roots
        self.manifest = manifest
        self.files = files
        self.directories = directories
        self.bytes = bytes
        self.problems = problems
    }
}
