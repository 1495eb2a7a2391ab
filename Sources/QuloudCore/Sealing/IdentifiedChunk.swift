/// Sealed bytes that were found to have their id: what was hashed once need not be hashed again.
package struct IdentifiedChunk: Sendable {
    package let id: ChunkID
    package let bytes: [UInt8]

    /// `nil` when the bytes have another id.
    package init?(_ bytes: [UInt8], id: ChunkID) {
        guard SealedChunk.id(of: bytes) == id else { return nil }
        self.id = id
        self.bytes = bytes
    }
}
