import CSodium

/// A public point of ristretto255 (RFC 9496): validly encoded and never the identity.
package struct Point: Hashable, Sendable {
    /// The canonical encoding.
    package let encoded: Bytes32

    /// Takes an encoding from anywhere.
    /// - Throws: `malformedPoint` for an invalid encoding or the identity.
    package init(validating encoded: Bytes32) throws(CryptoError) {
        try Sodium.start()
        // libsodium 1.0.18 ignores the top bit, which would give every point, and the identity, a second encoding.
        let isValid = encoded.withUnsafeBytes { raw in
            raw[31] & 0x80 == 0 && crypto_core_ristretto255_is_valid_point(raw.bytes) == 1
        }
        guard isValid, !encoded.isZero else { throw .malformedPoint }
        self.encoded = encoded
    }

    /// For results that libsodium has just encoded.
    private init(known encoded: Bytes32) { self.encoded = encoded }

    /// The generator.
    package static let generator: Point = {
        Sodium.require()
        var one = [UInt8](repeating: 0, count: 32)
        one[0] = 1
        return Point(known: Bytes32 { _ = crypto_scalarmult_ristretto255_base($0.bytes, one) })
    }()

    /// The generator times a scalar.
    /// - Throws: `malformedScalar` for zero.
    package static func base(times scalar: Scalar) throws(CryptoError) -> Point {
        try Sodium.start()
        var result: Int32 = -1
        let encoded = Bytes32 { out in
            result = scalar.secret.withUnsafeBytes { crypto_scalarmult_ristretto255_base(out.bytes, $0.bytes) }
        }
        guard result == 0 else { throw .malformedScalar }
        return Point(known: encoded)
    }

    /// This point times a scalar.
    /// - Throws: `malformedScalar` for zero.
    package func times(_ scalar: Scalar) throws(CryptoError) -> Point {
        var result: Int32 = -1
        let product = Bytes32 { result = multiply(scalar, into: $0) }
        guard result == 0 else { throw .malformedScalar }
        return Point(known: product)
    }

    /// This point times a scalar, kept in guarded memory: a Diffie–Hellman secret, to be hashed before use.
    /// - Throws: `malformedScalar` for zero.
    package func sharedSecret(with scalar: Scalar) throws(CryptoError) -> SecretBytes {
        var result: Int32 = -1
        let product = SecretBytes(count: 32) { result = multiply(scalar, into: $0) }
        guard result == 0 else { throw .malformedScalar }
        return product
    }

    /// The sum.
    /// - Throws: `malformedPoint` when it is the identity.
    package func plus(_ other: Point) throws(CryptoError) -> Point {
        var result: Int32 = -1
        let sum = Bytes32 { out in
            result = encoded.withUnsafeBytes { left in
                other.encoded.withUnsafeBytes { crypto_core_ristretto255_add(out.bytes, left.bytes, $0.bytes) }
            }
        }
        guard result == 0, !sum.isZero else { throw .malformedPoint }
        return Point(known: sum)
    }

    private func multiply(_ scalar: Scalar, into out: UnsafeMutableRawBufferPointer) -> Int32 {
        scalar.secret.withUnsafeBytes { factor in
            encoded.withUnsafeBytes { crypto_scalarmult_ristretto255(out.bytes, factor.bytes, $0.bytes) }
        }
    }
}

extension Point: ByteView, CustomStringConvertible {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try encoded.withUnsafeBytes(body)
    }

    package var description: String { encoded.hex }
}
