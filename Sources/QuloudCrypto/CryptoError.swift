/// What can go wrong in this target. Never carries a key, a plaintext or foreign bytes.
package enum CryptoError: Error, Equatable, Sendable {
    /// libsodium could not be initialised.
    case initialisationFailed
    /// A ciphertext, tag or sealed box does not belong to this key, nonce and associated data.
    case authenticationFailed
    /// A key has the wrong length, or is one that the algorithm refuses.
    case malformedKey
    /// Not the canonical encoding of a ristretto255 point, or the identity.
    case malformedPoint
    /// Not a canonical scalar, or zero where zero has no meaning.
    case malformedScalar
    /// Memory for a memory-hard function could not be had.
    case outOfMemory
    /// A length or parameter lies outside its permitted range.
    case outOfRange
}

extension CryptoError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .initialisationFailed: "cryptography: libsodium could not be initialised"
        case .authenticationFailed: "cryptography: data is not authentic under this key"
        case .malformedKey: "cryptography: key is malformed"
        case .malformedPoint: "cryptography: point is malformed or the identity"
        case .malformedScalar: "cryptography: scalar is malformed or zero"
        case .outOfMemory: "cryptography: not enough memory for key derivation"
        case .outOfRange: "cryptography: length or parameter is out of range"
        }
    }
}
