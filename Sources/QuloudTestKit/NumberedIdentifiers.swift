package import QuloudCore
import QuloudCrypto

extension Identifier {
    /// The identifier whose bytes are `number`, big-endian: ordered as the numbers are, and alike in the first 24 bytes.
    package static func numbered(_ number: UInt64) -> Self {
        let bytes = (0..<32).map { $0 < 24 ? 0 : UInt8(truncatingIfNeeded: number >> UInt64((31 - $0) * 8)) }
        return Self(Bytes32(bytes) ?? Bytes32())
    }

    /// An identifier drawn from `entropy`.
    package static func drawn(from entropy: some Entropy) -> Self { Self(entropy.bytes32()) }
}
