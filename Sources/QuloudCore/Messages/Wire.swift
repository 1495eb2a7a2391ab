import QuloudCrypto

/// Why foreign bytes were refused. Never a trap: every reader checks before it takes.
package enum WireError: Error, Sendable, Equatable {
    case truncated
    case trailingBytes
    case unknownFormat
    case newerVersion(UInt8)
    case outOfRange(String)
}

/// Writes canonical bytes: integers big-endian, variable fields preceded by their length. One value has one encoding,
/// so what is sent is also what is signed.
package struct WireWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Hands the bytes over without copying them.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    package mutating func put<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
    package mutating func put(_ value: Bytes32) { value.append(to: &bytes) }
    package mutating func put(_ value: some Identifier) { value.value.append(to: &bytes) }
    package mutating func put(_ value: Timestamp) { put(value.milliseconds) }
    /// Bytes of a length both sides know.
    package mutating func put(raw value: some Collection<UInt8>) { bytes.append(contentsOf: value) }
    /// At most 255 bytes, preceded by one length byte.
    package mutating func put(short value: some Collection<UInt8>) {
        let kept = value.prefix(255)
        put(UInt8(kept.count))
        put(raw: kept)
    }
    /// Preceded by four length bytes.
    package mutating func put(long value: some Collection<UInt8>) {
        put(UInt32(clamping: value.count))
        put(raw: value)
    }
}

/// Reads canonical bytes. Takes nothing on trust: no length is believed before it is checked against what is there.
package struct WireReader {
    private let bytes: [UInt8]
    package private(set) var position: Int
    private let end: Int

    package init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        position = min(start, bytes.count)
        end = bytes.count
    }

    package var remaining: Int { end - position }

    package mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type = Integer.self) throws(WireError)
        -> Integer
    {
        let count = MemoryLayout<Integer>.size
        guard remaining >= count else { throw .truncated }
        var value: Integer = 0
        for index in position..<position + count {
            value = Integer(truncatingIfNeeded: UInt64(truncatingIfNeeded: value) << 8 | UInt64(bytes[index]))
        }
        position += count
        return value
    }

    package mutating func raw(_ count: Int) throws(WireError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    package mutating func bytes32() throws(WireError) -> Bytes32 {
        guard remaining >= 32, let value = Bytes32(bytes[position..<position + 32]) else { throw .truncated }
        position += 32
        return value
    }

    package mutating func id<Name: Identifier>(_: Name.Type = Name.self) throws(WireError) -> Name {
        Name(try bytes32())
    }
    package mutating func timestamp() throws(WireError) -> Timestamp { Timestamp(milliseconds: try integer()) }

    package mutating func short() throws(WireError) -> [UInt8] { try raw(Int(integer(UInt8.self))) }

    /// A field of at most `limit` bytes.
    package mutating func long(limit: Int) throws(WireError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .outOfRange("field of \(count) bytes") }
        return try raw(count)
    }

    /// Text of at most 255 bytes; malformed UTF-8 is mended, control characters are dropped. What is mended may grow, and is
    /// cut to 255 bytes again.
    package mutating func text() throws(WireError) -> String {
        String(decoding: try short(), as: UTF8.self).plain(sizeMax: 255)
    }

    package mutating func proof() throws(WireError) -> Schnorr.Proof {
        guard let proof = Schnorr.Proof(encoded: try raw(Schnorr.Proof.encodedCount)) else { throw .truncated }
        return proof
    }

    package mutating func finish() throws(WireError) {
        guard remaining == 0 else { throw .trailingBytes }
    }
}

extension String {
    /// As it travels, so that what a node signs is what others read.
    var asLabel: String { plain(sizeMax: Limits.labelSizeMax) }

    /// Without control characters, and cut to so many bytes between characters.
    func plain(sizeMax: Int) -> String {
        var plain = ""
        for scalar in unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F {
            guard plain.utf8.count + UTF8.width(scalar) <= sizeMax else { break }
            plain.unicodeScalars.append(scalar)
        }
        return plain
    }
}

extension Schnorr.Proof {
    /// Bytes of an encoded proof.
    static let encodedCount = 64
}
