import QuloudCore
import QuloudCrypto

/// The keys by which inputs are signed and sealed again, so that what lies behind a check is reached too.
enum ForeignKeys {
    struct All: Sendable {
        let owner: OwnerKeys
        let node: NodeKeys
        let mailbox: SealedBox.KeyPair
        let claim: ClaimKeys
        let retrieval: ClaimKeys
    }

    static func all() throws -> All { try made.get() }

    private static let made = Result {
        let owner = try OwnerKeys(root: SecretBytes(copying: [UInt8](0..<32)))
        return All(
            owner: owner, node: try NodeKeys(secret: SecretBytes(copying: [UInt8](32..<64))),
            mailbox: try owner.mailbox(epoch: 9), claim: try owner.ownershipKeys(of: chunk),
            retrieval: try owner.retrievalKeys(of: chunk))
    }

    static let chunk = ChunkID(SHA256.hash(Array("a chunk".utf8)))
    static let otherChunk = ChunkID(SHA256.hash(Array("another chunk".utf8)))
    static let now = Timestamp(seconds: 1_800_000_000)
    static let requestHash = SHA256.hash([1])
    static let address = ReturnAddress("_INBOX.fixed.1")

    static func context(for node: NodeID?) -> RequestContext {
        RequestContext(
            node: node, returnAddress: address, nonce: [UInt8](repeating: 7, count: RequestContext.nonceCount),
            issued: now, expires: now.advanced(by: .seconds(300)))
    }
}

/// Randomness that is always the same: what is signed twice is the same twice.
struct NoEntropy: Entropy {
    func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x5A, count: count) }
}

extension Array where Element == UInt8 {
    /// These bytes with `part` at `offset`; nil when they are too short for it.
    func putting(_ part: some Collection<UInt8>, at offset: Int) -> [UInt8]? {
        guard count >= offset + part.count else { return nil }
        return prefix(offset) + Array(part) + dropFirst(offset + part.count)
    }
}
