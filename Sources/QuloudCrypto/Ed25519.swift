import CSodium

/// Ed25519 signatures (RFC 8032). Deterministic. Sign a domain string and canonical bytes, never free text.
package enum Ed25519 {
    /// Bytes of a signature.
    package static let signatureCount = 64

    /// A signing key and its public key.
    package struct KeyPair: Sendable {
        private let secretKey: SecretBytes

        /// What signatures are checked against; a node's id.
        package let publicKey: Bytes32

        /// The key that belongs to a seed of 32 bytes.
        /// - Throws: `malformedKey` for any other length.
        package init(seed: SecretBytes) throws(CryptoError) {
            try Sodium.start()
            guard seed.count == 32 else { throw .malformedKey }
            var publicKey = Bytes32()
            secretKey = SecretBytes(count: 64) { secret in
                publicKey = Bytes32 { open in
                    _ = seed.withUnsafeBytes { crypto_sign_seed_keypair(open.bytes, secret.bytes, $0.bytes) }
                }
            }
            self.publicKey = publicKey
        }

        /// A fresh random key.
        package static func generate() throws(CryptoError) -> KeyPair {
            try KeyPair(seed: SecretBytes(random: 32))
        }

        /// The signature of a message, 64 bytes.
        package func sign(_ message: some ByteView) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: signatureCount) { signature, initialised in
                _ = secretKey.withUnsafeBytes { key in
                    message.withRawBytes { text in
                        crypto_sign_detached(
                            UnsafeMutableRawBufferPointer(signature).bytes, nil, text.bytes, UInt64(text.count),
                            key.bytes)
                    }
                }
                initialised = signatureCount
            }
        }
    }

    /// Whether the signature is that of the message under the key. False, never a trap, for a signature of another
    /// length, a non-canonical one, or a public key of small order.
    package static func verify(signature: some ByteView, message: some ByteView, publicKey: Bytes32) -> Bool {
        Sodium.require()
        return signature.withRawBytes { signature in
            guard signature.count == signatureCount else { return false }
            return message.withRawBytes { text in
                publicKey.withUnsafeBytes { key in
                    crypto_sign_verify_detached(signature.bytes, text.bytes, UInt64(text.count), key.bytes) == 0
                }
            }
        }
    }
}
