import CSodium

/// Anonymous sealing to an X25519 public key (libsodium's `crypto_box_seal`). Says nothing about who sealed: sign
/// inside where that matters.
package enum SealedBox {
    /// Bytes that sealing adds.
    package static let overheadCount = 48

    /// A mailbox key.
    package struct KeyPair: Sendable {
        private let secretKey: SecretBytes

        /// What others seal to.
        package let publicKey: Bytes32

        /// The key that belongs to a seed of 32 bytes.
        /// - Throws: `malformedKey` for any other length.
        package init(seed: SecretBytes) throws(CryptoError) {
            try Sodium.start()
            guard seed.count == 32 else { throw .malformedKey }
            var publicKey = Bytes32()
            secretKey = SecretBytes(count: 32) { secret in
                publicKey = Bytes32 { open in
                    _ = seed.withUnsafeBytes { crypto_box_seed_keypair(open.bytes, secret.bytes, $0.bytes) }
                }
            }
            self.publicKey = publicKey
        }

        /// The message of a sealed box.
        /// - Throws: `authenticationFailed` when it was not sealed to this key, or was changed.
        package func open(_ box: some ByteView) throws(CryptoError) -> [UInt8] {
            try box.withRawBytes { (box) throws(CryptoError) -> [UInt8] in
                guard box.count >= overheadCount else { throw .authenticationFailed }
                return try [UInt8](count: box.count - overheadCount) { (out) throws(CryptoError) in
                    let result = secretKey.withUnsafeBytes { secret in
                        publicKey.withUnsafeBytes { open in
                            crypto_box_seal_open(out.bytes, box.bytes, UInt64(box.count), open.bytes, secret.bytes)
                        }
                    }
                    guard result == 0 else { throw .authenticationFailed }
                }
            }
        }
    }

    /// Seals a message, which grows by `overheadCount`.
    /// - Throws: `malformedKey` for a public key of small order.
    package static func seal(_ message: some ByteView, to publicKey: Bytes32) throws(CryptoError) -> [UInt8] {
        try Sodium.start()
        return try message.withRawBytes { (message) throws(CryptoError) -> [UInt8] in
            try [UInt8](count: message.count + overheadCount) { (out) throws(CryptoError) in
                let result = publicKey.withUnsafeBytes {
                    crypto_box_seal(out.bytes, message.bytes, UInt64(message.count), $0.bytes)
                }
                guard result == 0 else { throw .malformedKey }
            }
        }
    }
}
