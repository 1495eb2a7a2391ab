/// Joins fields so that no two different lists of fields give the same bytes.
package enum LengthPrefix {
    /// Appends the field's length as four bytes, big-endian, and then the field.
    package static func append(_ field: some ByteView, to bytes: inout [UInt8]) {
        field.withRawBytes { raw in
            bytes.append(contentsOf: length(raw.count))
            bytes.append(contentsOf: raw)
        }
    }

    /// All fields, each with its length before it.
    package static func join(_ fields: [any ByteView]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields { append(field, to: &bytes) }
        return bytes
    }

    /// A length as four bytes, big-endian. No field in memory comes near 4 GiB.
    static func length(_ count: Int) -> [UInt8] {
        let value = UInt32(clamping: count)
        return [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
}
