import CSodium

/// A secret scalar of ristretto255: a number modulo the group order L, 32 bytes little-endian in guarded memory.
package struct Scalar: Sendable {
    /// The canonical encoding, 32 bytes.
    package let secret: SecretBytes

    private init(_ secret: SecretBytes) { self.secret = secret }

    /// Reduces 64 bytes modulo L, which is how hashes and random bytes become evenly spread scalars.
    /// - Throws: `malformedScalar` for any other length.
    package init(reducing64 wide: some ByteView) throws(CryptoError) {
        guard wide.withRawBytes({ $0.count }) == 64 else { throw .malformedScalar }
        secret = SecretBytes(count: 32) { out in
            wide.withRawBytes { crypto_core_ristretto255_scalar_reduce(out.bytes, $0.bytes) }
        }
    }

    /// Takes a canonical encoding, as stored.
    /// - Throws: `malformedScalar` unless there are 32 bytes that encode a number below L.
    package init(canonical bytes: some ByteView) throws(CryptoError) {
        guard bytes.withRawBytes({ Scalar.isCanonical($0) }) else { throw .malformedScalar }
        secret = SecretBytes(copying: bytes)
    }

    /// A fresh random scalar, not zero.
    package static func random() -> Scalar {
        Scalar(SecretBytes(count: 32) { crypto_core_ristretto255_scalar_random($0.bytes) })
    }

    /// Whether 32 bytes encode a number below L: reducing must leave them as they are.
    static func isCanonical(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == 32 else { return false }
        let wide = SecretBytes(count: 64) { $0.copyMemory(from: bytes) }
        let reduced = SecretBytes(count: 32) { out in
            wide.withUnsafeBytes { crypto_core_ristretto255_scalar_reduce(out.bytes, $0.bytes) }
        }
        return reduced.constantTimeEquals(bytes)
    }

    /// Whether the number is zero.
    package var isZero: Bool {
        secret.withUnsafeBytes { sodium_is_zero($0.bytes, $0.count) == 1 }
    }

    /// The sum modulo L.
    package func adding(_ other: Scalar) -> Scalar {
        combined(with: other) { crypto_core_ristretto255_scalar_add($0, $1, $2) }
    }

    /// The difference modulo L.
    package func subtracting(_ other: Scalar) -> Scalar {
        combined(with: other) { crypto_core_ristretto255_scalar_sub($0, $1, $2) }
    }

    /// The product modulo L.
    package func multiplied(by other: Scalar) -> Scalar {
        combined(with: other) { crypto_core_ristretto255_scalar_mul($0, $1, $2) }
    }

    private func combined(
        with other: Scalar,
        _ operation: (UnsafeMutablePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>) -> Void
    ) -> Scalar {
        Scalar(
            SecretBytes(count: 32) { out in
                secret.withUnsafeBytes { left in
                    other.secret.withUnsafeBytes { right in operation(out.bytes, left.bytes, right.bytes) }
                }
            })
    }
}
