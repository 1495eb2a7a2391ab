import CCrypto

/// SHA-256 by libcrypto, which uses the processor's SHA instructions.
package enum SHA256 {
    /// The digest of a buffer.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        Bytes32 { digest in
            let done = EVP_Digest(bytes.bytes, bytes.count, digest.bytes, nil, SHA256Algorithm.digest, nil)
            precondition(done == 1, "sha-256: libcrypto failed")
        }
    }

    /// The digest of an array.
    package static func hash(_ bytes: [UInt8]) -> Bytes32 {
        bytes.withRawBytes { hash($0) }
    }

    /// The digest of all parts, one after the other, with nothing in between.
    package static func hash(parts: [any ByteView]) -> Bytes32 {
        var hasher = SHA256Hasher()
        for part in parts { hasher.update(part) }
        return hasher.finalize()
    }

    /// The digest of all parts, one after the other, with nothing in between.
    package static func hash(parts: any ByteView...) -> Bytes32 { hash(parts: parts) }
}

/// SHA-256 over data that comes piece by piece.
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// An empty hash. Traps only if the system has no memory left.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, SHA256Algorithm.digest, nil) == 1 else {
            preconditionFailure("sha-256: libcrypto failed")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    package mutating func update(_ bytes: some ByteView) {
        bytes.withRawBytes { raw in
            precondition(EVP_DigestUpdate(context, raw.bytes, raw.count) == 1, "sha-256: libcrypto failed")
        }
    }

    /// The digest of everything added.
    package consuming func finalize() -> Bytes32 {
        Bytes32 { digest in
            precondition(EVP_DigestFinal_ex(context, digest.bytes, nil) == 1, "sha-256: libcrypto failed")
        }
    }
}

private enum SHA256Algorithm {
    // SAFETY: fetched once (looking it up by name is slow), never freed, and only read; libcrypto permits sharing.
    nonisolated(unsafe) static let digest = EVP_MD_fetch(nil, "SHA256", nil)
}
