import CSodium

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): HChaCha20 by libsodium makes key and nonce for the ChaCha20-Poly1305
/// (RFC 8439) of libcrypto, which uses the processor's widest vectors. The bytes are those of libsodium's own function.
/// Does not commit to the key: store a commitment where that matters.
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
        try check(key: key, nonce: nonce, count: plaintext.count)
        guard out.count == plaintext.count + tagCount else { throw .outOfRange }
        withInnerKey(key, nonce) { key, nonce in
            associatedData.withRawBytes { data in
                var cipher = ChaCha20Poly1305(sealing: key, nonce: nonce)
                cipher.authenticate(data)
                cipher.process(plaintext, into: out.bytes)
                cipher.finish(tag: out.bytes + plaintext.count)
            }
        }
    }

    /// Opens into a buffer of exactly `ciphertext.count - tagCount` bytes, which may start where the ciphertext does. When it
    /// throws `authenticationFailed`, the buffer holds zeros.
    /// - Throws: `authenticationFailed` (also for a ciphertext shorter than a tag; nothing is revealed then),
    ///   `malformedKey`, or `outOfRange` for a wrong nonce or buffer length.
    package static func open(
        _ ciphertext: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer, key: SecretBytes,
        nonce: [UInt8], associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) {
        try check(key: key, nonce: nonce, count: ciphertext.count)
        guard ciphertext.count >= tagCount else { throw .authenticationFailed }
        let text = UnsafeRawBufferPointer(rebasing: ciphertext.dropLast(tagCount))
        guard out.count == text.count else { throw .outOfRange }
        let isGenuine = withInnerKey(key, nonce) { key, nonce in
            associatedData.withRawBytes { data in
                var cipher = ChaCha20Poly1305(opening: key, nonce: nonce, tag: ciphertext.bytes + text.count)
                cipher.authenticate(data)
                cipher.process(text, into: out.bytes)
                return cipher.isGenuine()
            }
        }
        guard isGenuine else {
            sodium_memzero(out.bytes, out.count)
            throw .authenticationFailed
        }
    }

    /// Calls `body` with the key and the 12-byte nonce of the inner cipher; the key is wiped afterwards.
    private static func withInnerKey<Value>(
        _ key: SecretBytes, _ nonce: [UInt8], _ body: (UnsafePointer<UInt8>, [UInt8]) -> Value
    ) -> Value {
        withUnsafeTemporaryAllocation(byteCount: keyCount, alignment: 16) { inner in
            defer { sodium_memzero(inner.bytes, inner.count) }
            _ = key.withUnsafeBytes { crypto_core_hchacha20(inner.bytes, nonce, $0.bytes, nil) }
            return body(inner.bytes, [0, 0, 0, 0] + nonce.suffix(8))
        }
    }

    private static func check(key: SecretBytes, nonce: [UInt8], count: Int) throws(CryptoError) {
        try Sodium.start()
        guard key.count == keyCount else { throw .malformedKey }
        guard nonce.count == nonceCount, count <= Int32.max else { throw .outOfRange }
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

    /// The same for a plaintext that lies in several places.
    package static func seal(
        parts: [any ByteView], appendingTo array: inout [UInt8], key: SecretBytes, nonce: [UInt8],
        associatedData: some ByteView = [UInt8]()
    ) throws(CryptoError) {
        let count = parts.reduce(0) { $0 + $1.withRawBytes(\.count) }
        try check(key: key, nonce: nonce, count: count)
        try array.appendWritten(count + tagCount) { (out) throws(CryptoError) in
            withInnerKey(key, nonce) { key, nonce in
                associatedData.withRawBytes { data in
                    var cipher = ChaCha20Poly1305(sealing: key, nonce: nonce)
                    cipher.authenticate(data)
                    var end = out.bytes
                    for part in parts {
                        part.withRawBytes { text in
                            cipher.process(text, into: end)
                            end += text.count
                        }
                    }
                    cipher.finish(tag: end)
                }
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
