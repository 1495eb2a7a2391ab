import CCrypto

/// One use of libcrypto's ChaCha20-Poly1305: associated data first, then the text, then the tag. The calls fail only when
/// the system has no memory left, and trap then.
struct ChaCha20Poly1305: ~Copyable {
    private static let tagCount: Int32 = 16
    private let context: OpaquePointer

    init(sealing key: UnsafePointer<UInt8>, nonce: [UInt8]) {
        context = Self.context()
        Self.require(EVP_EncryptInit_ex2(context, Algorithm.cipher, key, nonce, nil))
    }

    /// - Parameter tag: 16 bytes that the text has to have.
    init(opening key: UnsafePointer<UInt8>, nonce: [UInt8], tag: UnsafePointer<UInt8>) {
        context = Self.context()
        Self.require(EVP_DecryptInit_ex2(context, Algorithm.cipher, key, nonce, nil))
        // Copied, though the parameter is not const.
        Self.require(
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Self.tagCount, UnsafeMutablePointer(mutating: tag)))
    }

    /// Wipes the key.
    deinit { EVP_CIPHER_CTX_free(context) }

    mutating func authenticate(_ data: UnsafeRawBufferPointer) {
        guard !data.isEmpty else { return }
        var written: Int32 = 0
        Self.require(EVP_CipherUpdate(context, nil, &written, data.bytes, Int32(data.count)))
    }

    /// Writes as many bytes as `text` has.
    mutating func process(_ text: UnsafeRawBufferPointer, into out: UnsafeMutablePointer<UInt8>) {
        guard !text.isEmpty else { return }
        var written: Int32 = 0
        Self.require(EVP_CipherUpdate(context, out, &written, text.bytes, Int32(text.count)))
        precondition(Int(written) == text.count, "chacha20-poly1305: libcrypto failed")
    }

    /// Writes the 16 bytes of the tag.
    consuming func finish(tag: UnsafeMutablePointer<UInt8>) {
        Self.require(last())
        Self.require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Self.tagCount, tag))
    }

    /// Whether the tag was right.
    consuming func isGenuine() -> Bool { last() == 1 }

    private func last() -> Int32 {
        var written: Int32 = 0
        var nothing: UInt8 = 0
        return EVP_CipherFinal_ex(context, &nothing, &written)
    }

    private static func context() -> OpaquePointer {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("chacha20-poly1305: no memory") }
        return context
    }

    private static func require(_ result: Int32) {
        precondition(result == 1, "chacha20-poly1305: libcrypto failed")
    }

    private enum Algorithm {
        // SAFETY: fetched once (looking it up by name is slow), never freed, and only read; libcrypto permits sharing.
        nonisolated(unsafe) static let cipher = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)
    }
}
