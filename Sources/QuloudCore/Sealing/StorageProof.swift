import QuloudCrypto

/// Proof of storage: the owner's challenge and the holder's answer, as the protocol's section 8 defines them.
///
/// The seed keys the inner HMAC and is absorbed first: a holder cannot keep a hash state and throw the data away. The
/// outer key is known to this owner and this node alone: an answer copied from another holder is worth nothing.
package enum StorageProof {
    private static let possession = Array("quloud/v1/possession".utf8)
    private static let proof = Array("quloud/v1/proof".utf8)
    private static let request = Array("quloud/v1/prove-request".utf8)
    package static let tagCount = 16

    /// `D`: needs every byte of the sealed chunk, and the seed before the first of them.
    package static func digest(seed: Bytes32, chunk: ChunkID, sealed: UnsafeRawBufferPointer) -> Bytes32 {
        var prefix = WireWriter(capacity: 64)
        prefix.put(raw: possession)
        prefix.put(chunk)
        prefix.put(UInt64(sealed.count))
        return prefix.bytes.withUnsafeBytes { HMACSHA256.authenticate(key: seed.bytes, parts: [$0, sealed]) }
    }

    package static func digest(seed: Bytes32, chunk: ChunkID, sealed: [UInt8]) -> Bytes32 {
        sealed.withUnsafeBytes { digest(seed: seed, chunk: chunk, sealed: $0) }
    }

    /// `K`, from the secret that owner (`o·A`) and node (`a·O`) share.
    package static func pairwiseKey(
        shared: Point, ownershipKey: Point, agreementKey: AgreementKey, chunk: ChunkID
    ) -> [UInt8] {
        var input = WireWriter(capacity: 160)
        input.put(short: "quloud/v1/audit".utf8)
        input.put(shared.encoded)
        input.put(ownershipKey.encoded)
        input.put(agreementKey)
        input.put(chunk)
        return BLAKE2b.hash(input.bytes, count: 32)
    }

    /// The answer for one chunk.
    package static func answer(
        key: [UInt8], chunk: ChunkID, node: NodeID, seed: Bytes32, expires: Timestamp, digest: Bytes32
    ) -> Bytes32 {
        var input = WireWriter(capacity: 192)
        input.put(raw: proof)
        input.put(chunk)
        input.put(node)
        input.put(seed)
        input.put(expires)
        input.put(digest)
        return input.bytes.withUnsafeBytes { HMACSHA256.authenticate(key: key, parts: [$0]) }
    }

    /// Shows the holder that the challenge comes from the chunk's owner, before it reads a byte from disk.
    package static func tag(key: [UInt8], chunk: ChunkID, requestHash: Bytes32) -> [UInt8] {
        var input = WireWriter(capacity: 96)
        input.put(raw: request)
        input.put(chunk)
        input.put(requestHash)
        let mac = input.bytes.withUnsafeBytes { HMACSHA256.authenticate(key: key, parts: [$0]) }
        return Array(mac.bytes.prefix(tagCount))
    }
}
