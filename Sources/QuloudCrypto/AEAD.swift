import CSodium

/// XChaCha20-Poly1305 (IETF). Does not commit to the key: store a commitment where that matters.
package enum AEAD {
    /// Bytes of a key.
    package static let keyCount = 32
    /// Bytes of a nonce; long enough to be random.
    package static let nonceCount = 24
    /// Bytes that sealing adds.
    package static let tagCount = 16

    /// A fresh random nonce.
    package static func randomNonce() -> [UInt8] { RandomSource.bytes(nonceCount) }

    /// Seals into a buffer of exactly `plaintext.count + tagCount` bytes, which may start where the plaintext does.
    /// - Throws: `malformedKey`, or `outOfRange` for a wrong nonce or buffer length.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer, key: SecretBytes,
        nonce: [UInt8], associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) {
        try check(key: key, nonce: nonce)
        guard out.count == plaintext.count + tagCount else { throw .outOfRange }
        _ = key.withUnsafeBytes { key in
            associatedData.withRawBytes { data in
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    out.bytes, nil, plaintext.bytes, UInt64(plaintext.count), data.bytes, UInt64(data.count), nil,
                    nonce, key.bytes)
            }
        }
    }

    /// Opens into a buffer of exactly `ciphertext.count - tagCount` bytes, which may start where the ciphertext does.
    /// - Throws: `authenticationFailed` (also for a ciphertext shorter than a tag; nothing is revealed then),
    ///   `malformedKey`, or `outOfRange` for a wrong nonce or buffer length.
    package static func open(
        _ ciphertext: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer, key: SecretBytes,
        nonce: [UInt8], associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) {
        try check(key: key, nonce: nonce)
        guard ciphertext.count >= tagCount else { throw .authenticationFailed }
        guard out.count == ciphertext.count - tagCount else { throw .outOfRange }
        let result = key.withUnsafeBytes { key in
            associatedData.withRawBytes { data in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    out.bytes, nil, nil, ciphertext.bytes, UInt64(ciphertext.count), data.bytes, UInt64(data.count),
                    nonce, key.bytes)
            }
        }
        guard result == 0 else { throw .authenticationFailed }
    }

    private static func check(key: SecretBytes, nonce: [UInt8]) throws(CryptoError) {
        try Sodium.start()
        guard key.count == keyCount else { throw .malformedKey }
        guard nonce.count == nonceCount else { throw .outOfRange }
    }
}

extension AEAD {
    /// Seals and appends the result to `array`, which is where it is written: no second copy.
    package static func seal(
        _ plaintext: some ByteView, appendingTo array: inout [UInt8], key: SecretBytes, nonce: [UInt8],
        associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) {
        try plaintext.withRawBytes { (plain) throws(CryptoError) in
            try array.appendWritten(plain.count + tagCount) { (out) throws(CryptoError) in
                try seal(plain, into: out, key: key, nonce: nonce, associatedData: associatedData)
            }
        }
    }

    /// Seals into a new array.
    package static func seal(
        _ plaintext: some ByteView, key: SecretBytes, nonce: [UInt8], associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) -> [UInt8] {
        var sealed: [UInt8] = []
        try seal(plaintext, appendingTo: &sealed, key: key, nonce: nonce, associatedData: associatedData)
        return sealed
    }

    /// Opens into a new array.
    package static func open(
        _ ciphertext: some ByteView, key: SecretBytes, nonce: [UInt8], associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) -> [UInt8] {
        var plain: [UInt8] = []
        try ciphertext.withRawBytes { (sealed) throws(CryptoError) in
            guard sealed.count >= tagCount else { throw .authenticationFailed }
            try plain.appendWritten(sealed.count - tagCount) { (out) throws(CryptoError) in
                try open(sealed, into: out, key: key, nonce: nonce, associatedData: associatedData)
            }
        }
        return plain
    }

    /// Opens into guarded memory, for wrapped keys.
    package static func openSecret(
        _ ciphertext: some ByteView, key: SecretBytes, nonce: [UInt8], associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) -> SecretBytes {
        try ciphertext.withRawBytes { (sealed) throws(CryptoError) -> SecretBytes in
            guard sealed.count >= tagCount else { throw .authenticationFailed }
            return try SecretBytes(count: sealed.count - tagCount) { (out) throws(CryptoError) in
                try open(sealed, into: out, key: key, nonce: nonce, associatedData: associatedData)
            }
        }
    }
}
