/// 32 bytes as four words: ids, digests, public keys. Not for secrets: comparing takes variable time, and the
/// description shows the bytes. Ordered as byte strings are.
package struct Bytes32: Hashable, Sendable {
    // Words as they lie in memory, so that the bytes keep their order on every machine.
    private var word0: UInt64 = 0
    private var word1: UInt64 = 0
    private var word2: UInt64 = 0
    private var word3: UInt64 = 0

    /// How many bytes every value has.
    package static let count = 32

    /// 32 zero bytes.
    package init() {}

    /// Takes exactly 32 bytes; nil for any other number.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        self.init { $0.copyBytes(from: bytes) }
    }

    /// Takes the bytes of a buffer; nil unless there are exactly 32.
    package init?(unsafe buffer: UnsafeRawBufferPointer) {
        guard buffer.count == Self.count else { return nil }
        self.init { $0.copyMemory(from: buffer) }
    }

    /// Has `body` write the 32 bytes, which start as zeros.
    package init<E: Error>(filling body: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        try Swift.withUnsafeMutableBytes(of: &self) { (bytes) throws(E) in try body(bytes) }
    }

    /// Calls `body` with the 32 bytes in place.
    package func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try Swift.withUnsafeBytes(of: self) { (bytes) throws(E) -> R in try body(bytes) }
    }

    /// The bytes as an array.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// Appends the 32 bytes to an array.
    package func append(to array: inout [UInt8]) {
        withUnsafeBytes { array.append(contentsOf: $0) }
    }
}

extension Bytes32: ByteView {
    package func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withUnsafeBytes(body)
    }
}

extension Bytes32: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        if left.word0 != right.word0 { return left.word0.bigEndian < right.word0.bigEndian }
        if left.word1 != right.word1 { return left.word1.bigEndian < right.word1.bigEndian }
        if left.word2 != right.word2 { return left.word2.bigEndian < right.word2.bigEndian }
        return left.word3.bigEndian < right.word3.bigEndian
    }
}

extension Bytes32 {
    /// Compares in constant time, for tags.
    package func constantTimeEquals(_ other: Self) -> Bool {
        (word0 ^ other.word0) | (word1 ^ other.word1) | (word2 ^ other.word2) | (word3 ^ other.word3) == 0
    }

    /// Whether every byte is zero: the encoding of the ristretto255 identity and of the zero scalar.
    package var isZero: Bool { (word0 | word1 | word2 | word3) == 0 }
}

extension Bytes32: CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package var hex: String { Hex.encode(bytes) }

    package var description: String { hex }

    /// Reads exactly 64 hexadecimal digits of either case; nil otherwise.
    package init?(hex: String) {
        guard hex.utf8.count == 2 * Self.count, let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }
}
