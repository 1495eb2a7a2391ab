import CCrypto

/// HMAC-SHA-256 (RFC 2104) by libcrypto. Keys may have any length; use 32 bytes or more.
package enum HMACSHA256 {
    /// The tag over all parts, one after the other, with nothing in between and without joining them in memory.
    package static func authenticate(key: some ByteView, parts: [any ByteView]) -> Bytes32 {
        var hasher = HMACSHA256Hasher(key: key)
        for part in parts { hasher.update(part) }
        return hasher.finalize()
    }

    /// The tag over all parts, one after the other.
    package static func authenticate(key: some ByteView, parts: any ByteView...) -> Bytes32 {
        authenticate(key: key, parts: parts)
    }

    /// Whether `tag` is the tag of the parts, compared in constant time.
    package static func verify(_ tag: Bytes32, key: some ByteView, parts: [any ByteView]) -> Bool {
        authenticate(key: key, parts: parts).constantTimeEquals(tag)
    }

    /// Whether `tag` is the tag of the parts, compared in constant time.
    package static func verify(_ tag: Bytes32, key: some ByteView, parts: any ByteView...) -> Bool {
        verify(tag, key: key, parts: parts)
    }
}

/// HMAC-SHA-256 over data that comes piece by piece.
package struct HMACSHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// Starts with a key. Traps only if the system has no memory left.
    package init(key: some ByteView) {
        guard let context = EVP_MAC_CTX_dup(HMACAlgorithm.template) else {
            preconditionFailure("hmac-sha-256: libcrypto failed")
        }
        self.context = context
        key.withRawBytes { raw in
            // Never null, which would mean "no key yet"; an empty key is a key.
            precondition(EVP_MAC_init(context, raw.bytes, raw.count, nil) == 1, "hmac-sha-256: libcrypto failed")
        }
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Adds bytes.
    package mutating func update(_ bytes: some ByteView) {
        bytes.withRawBytes { raw in
            precondition(EVP_MAC_update(context, raw.bytes, raw.count) == 1, "hmac-sha-256: libcrypto failed")
        }
    }

    /// The tag of everything added.
    package consuming func finalize() -> Bytes32 {
        Bytes32 { tag in
            var count = 0
            let done = EVP_MAC_final(context, tag.bytes, &count, tag.count)
            precondition(done == 1 && count == Bytes32.count, "hmac-sha-256: libcrypto failed")
        }
    }
}

private enum HMACAlgorithm {
    // SAFETY: made once, never freed, never given a key or data; only duplicated, which does not change it.
    nonisolated(unsafe) static let template = quloud_hmac_sha256_template()
}
