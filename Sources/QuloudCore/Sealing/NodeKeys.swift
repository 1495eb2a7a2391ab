import QuloudCrypto

/// A node's keys, derived from one 32-byte secret in its key file.
package struct NodeKeys: Sendable {
    package static let secretCount = 32

    /// Ed25519; the public key is the node id.
    package let identity: Ed25519.KeyPair
    package let agreementKey: AgreementKey
    private let agreement: Scalar
    private let wrapping: SecretBytes
    private let naming: SecretBytes

    /// - Parameter secret: 32 bytes.
    package init(secret: SecretBytes) throws(CryptoError) {
        guard secret.count == Self.secretCount else { throw .malformedKey }
        identity = try Ed25519.KeyPair(seed: KDF.derive(from: secret, purpose: "identity"))
        agreement = try Scalar(reducing64: KDF.derive(from: secret, purpose: "agreement", count: 64))
        agreementKey = AgreementKey(try Point.base(times: agreement).encoded)
        wrapping = KDF.derive(from: secret, purpose: "wrapping")
        naming = KDF.derive(from: secret, purpose: "naming")
    }

    package var id: NodeID { NodeID(identity.publicKey) }

    /// Names one owner's claim on one chunk: a stolen disk or index does not tell who owns what.
    package func holdingKey(chunk: ChunkID, ownershipKey: Point) -> HoldingKey {
        let name = BLAKE2b.hash([chunk.value, ownershipKey.encoded], key: naming, personal: "holding", count: 32)
        return HoldingKey(Bytes32(name) ?? Bytes32())
    }

    /// Tells whether two chunks are of one group without naming the group.
    package func groupTag(_ group: [UInt8]) -> [UInt8]? {
        guard group != StoreRequest.noGroup else { return nil }
        return BLAKE2b.hash(group, key: naming, personal: "group", count: 16)
    }

    package func seal(_ plaintext: [UInt8], associatedData: [UInt8]) throws(CryptoError) -> [UInt8] {
        var sealed = AEAD.randomNonce()
        let nonce = sealed
        sealed.reserveCapacity(AEAD.nonceCount + plaintext.count + AEAD.tagCount)
        try AEAD.seal(plaintext, appendingTo: &sealed, key: wrapping, nonce: nonce, associatedData: associatedData)
        return sealed
    }

    /// Seals and appends nonce and ciphertext to `bytes`.
    func seal(
        _ plaintext: some ByteView, appendingTo bytes: inout [UInt8], associatedData: [UInt8]
    ) throws(CryptoError) {
        let nonce = AEAD.randomNonce()
        bytes.append(contentsOf: nonce)
        try AEAD.seal(plaintext, appendingTo: &bytes, key: wrapping, nonce: nonce, associatedData: associatedData)
    }

    package func open(_ sealed: ArraySlice<UInt8>, associatedData: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard sealed.count >= AEAD.nonceCount + AEAD.tagCount else { throw .authenticationFailed }
        return try AEAD.open(
            sealed.dropFirst(AEAD.nonceCount), key: wrapping, nonce: Array(sealed.prefix(AEAD.nonceCount)),
            associatedData: associatedData)
    }

    /// The key that node and owner share for one chunk: `a·O` on this side (protocol, section 8).
    package func pairwiseKey(ownershipKey: Point, chunk: ChunkID) throws(CryptoError) -> [UInt8] {
        StorageProof.pairwiseKey(
            shared: try ownershipKey.times(agreement), ownershipKey: ownershipKey, agreementKey: agreementKey,
            chunk: chunk)
    }
}
