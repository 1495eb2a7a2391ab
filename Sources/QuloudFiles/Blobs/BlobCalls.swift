import QuloudSystem

/// The calls of the blob store on which durability rests; tests replace them to play a failing disk.
struct BlobCalls: Sendable {
    var write: @Sendable (FileDescriptor, [UInt8]) throws(Errno) -> Void
    var syncFile: @Sendable (FileDescriptor) throws(Errno) -> Void
    var syncDirectory: @Sendable (FileDescriptor) throws(Errno) -> Void
    /// Whether temporary files have no name until they are whole; `nil` lets the file system's kind decide.
    var unnamedFiles: Bool?

    static let system = BlobCalls(
        write: { (file, bytes) throws(Errno) in
            try file.allocate(Int64(bytes.count))
            try file.write(bytes)
        },
        syncFile: { (file) throws(Errno) in try file.sync() },
        syncDirectory: { (directory) throws(Errno) in try directory.sync() },
        unnamedFiles: nil)
}
