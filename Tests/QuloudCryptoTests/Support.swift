import QuloudCrypto
import Testing

/// The bytes of hexadecimal text, which may be spread over lines.
func hex(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [UInt8] {
    try #require(Hex.decode(text.filter { !$0.isWhitespace }), sourceLocation: sourceLocation)
}

/// 32 bytes of hexadecimal text.
func bytes32(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Bytes32 {
    try #require(Bytes32(hex: text), sourceLocation: sourceLocation)
}

/// A secret of hexadecimal text.
func secret(_ text: String) throws -> SecretBytes { SecretBytes(copying: try hex(text)) }

/// The bytes of a secret, which only tests may copy.
func reveal(_ secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

/// The bytes with one bit flipped.
func flipped(_ bytes: [UInt8], at index: Int) -> [UInt8] {
    var bytes = bytes
    bytes[index] ^= 1
    return bytes
}
