import QuloudCrypto

/// Everything an owner's keys can do, derived from one 32-byte root secret, each key for one purpose.
package struct OwnerKeys: Sendable {
    package static let rootCount = 32

    private let sealing: SecretBytes
    private let retrieval: SecretBytes
    private let ownership: SecretBytes
    private let mailboxes: SecretBytes
    private let headSealing: SecretBytes
    /// Keys the fingerprints of plaintext chunks.
    package let fingerprint: SecretBytes
    /// Seeds the gear table, so that cut points reveal nothing about content.
    package let chunking: SecretBytes
    /// Signs catalog heads.
    package let head: Ed25519.KeyPair

    /// - Parameter root: 32 bytes.
    package init(root: SecretBytes) throws(CryptoError) {
        guard root.count == Self.rootCount else { throw .malformedKey }
        sealing = KDF.derive(from: root, purpose: "sealing")
        retrieval = KDF.derive(from: root, purpose: "retrieval")
        ownership = KDF.derive(from: root, purpose: "ownership")
        mailboxes = KDF.derive(from: root, purpose: "mailbox")
        headSealing = KDF.derive(from: root, purpose: "head-sealing")
        fingerprint = KDF.derive(from: root, purpose: "fingerprint")
        chunking = KDF.derive(from: root, purpose: "chunking")
        head = try Ed25519.KeyPair(seed: KDF.derive(from: root, purpose: "head"))
    }

    package var headKey: HeadKey { HeadKey(head.publicKey) }

    /// Finds chunks that this owner already stored; keyed, so that nobody else can test a guess.
    package func fingerprint(of plaintext: UnsafeRawBufferPointer) -> Fingerprint {
        Fingerprint(HMACSHA256.authenticate(key: fingerprint, parts: [plaintext]))
    }

    /// The content key of a payload: a function of what is sealed, so the fixed nonce is used once per key.
    func contentKey(payload identity: [UInt8]) -> Bytes32 {
        KDF.derive(from: sealing, purpose: "content", context: identity).withUnsafeBytes { raw in
            Bytes32 { $0.copyMemory(from: raw) }
        }
    }

    /// `r, R`: the right to fetch a chunk.
    package func retrievalKeys(of chunk: ChunkID) throws(CryptoError) -> ClaimKeys {
        try claim(retrieval, chunk)
    }

    /// `o, O`: the right to challenge, renew and delete a chunk.
    package func ownershipKeys(of chunk: ChunkID) throws(CryptoError) -> ClaimKeys {
        try claim(ownership, chunk)
    }

    private func claim(_ parent: SecretBytes, _ chunk: ChunkID) throws(CryptoError) -> ClaimKeys {
        let wide = KDF.derive(from: parent, purpose: "chunk-scalar", context: chunk.value.bytes, count: 64)
        return try ClaimKeys(secret: Scalar(reducing64: wide))
    }

    /// The X25519 keys of the mailbox of that epoch.
    package func mailbox(epoch: UInt64) throws(CryptoError) -> SealedBox.KeyPair {
        var context = WireWriter(capacity: 8)
        context.put(epoch)
        return try SealedBox.KeyPair(
            seed: KDF.derive(from: mailboxes, purpose: "mailbox-epoch", context: context.bytes))
    }

    package func sealHead(_ content: [UInt8]) throws(CryptoError) -> [UInt8] {
        let nonce = AEAD.randomNonce()
        return nonce + (try AEAD.seal(content, key: headSealing, nonce: nonce, associatedData: headKey.value.bytes))
    }

    package func openHead(_ sealed: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard sealed.count > AEAD.nonceCount else { throw .authenticationFailed }
        return try AEAD.open(
            Array(sealed.dropFirst(AEAD.nonceCount)), key: headSealing, nonce: Array(sealed.prefix(AEAD.nonceCount)),
            associatedData: headKey.value.bytes)
    }

    /// The key that owner and node share for one chunk: `o·A` on this side (protocol, section 8).
    package func pairwiseKey(
        ownership: ClaimKeys, agreementKey: AgreementKey, chunk: ChunkID
    ) throws(CryptoError) -> [UInt8] {
        let node = try Point(validating: agreementKey.value)
        return StorageProof.pairwiseKey(
            shared: try node.times(ownership.secret), ownershipKey: ownership.publicPoint, agreementKey: agreementKey,
            chunk: chunk)
    }
}
