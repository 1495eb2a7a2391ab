/// Sealed bytes that were found to have their id: what was hashed once need not be hashed again.
package struct IdentifiedChunk: Sendable {
    package let id: ChunkID
    package let bytes: [UInt8]

    /// `nil` when the bytes have another id.
    package init?(_ bytes: [UInt8], id: ChunkID) {
        guard SealedChunk.id(of: bytes) == id else { return nil }
        self.init(bytes, checkedFor: id)
    }

    /// For bytes that were found to have this id where they lay before.
    init(_ bytes: [UInt8], checkedFor id: ChunkID) {
        self.id = id
        self.bytes = bytes
    }
}
