import QuloudCrypto

/// The small signed record from which an owner who lost everything finds the snapshots again. Holders keep the newest one
/// of each owner; they can check who signed it, and read nothing but its sequence number.
package struct CatalogHead: Sendable, Equatable {
    package static let domain = "quloud/v1/head"
    private static let magic = Array("QLHD".utf8)
    private static let version: UInt8 = 1

    package let key: HeadKey
    package let sequence: UInt64
    /// SHA-256 of the whole previous head; zero for the first.
    package let previous: Bytes32
    package let issued: Timestamp
    /// `HeadContent`, sealed under the owner's head sealing key.
    package let sealedContent: [UInt8]

    package init(key: HeadKey, sequence: UInt64, previous: Bytes32, issued: Timestamp, sealedContent: [UInt8]) {
        self.key = key
        self.sequence = sequence
        self.previous = previous
        self.issued = issued
        self.sealedContent = sealedContent
    }

    private func unsigned() -> WireWriter {
        var writer = WireWriter(capacity: 256 + sealedContent.count)
        writer.put(raw: Self.magic)
        writer.put(Self.version)
        writer.put(key)
        writer.put(sequence)
        writer.put(previous)
        writer.put(issued)
        writer.put(long: sealedContent)
        return writer
    }

    private static func transcript(_ body: [UInt8]) -> [UInt8] {
        var writer = WireWriter(capacity: 64 + body.count)
        writer.put(short: domain.utf8)
        writer.put(long: body)
        return writer.bytes
    }

    package func signed(by keys: Ed25519.KeyPair) -> [UInt8] {
        var writer = unsigned()
        writer.put(raw: keys.sign(Self.transcript(writer.bytes)))
        return writer.bytes
    }

    package static func verified(_ bytes: [UInt8]) throws(MessageError) -> CatalogHead {
        do {
            guard bytes.count <= Limits.headSizeMax else { throw MessageError.oversized }
            var reader = WireReader(bytes)
            guard try reader.raw(magic.count) == magic else { throw MessageError.malformed }
            let version = try reader.integer(UInt8.self)
            guard version == Self.version else { throw MessageError.newerVersion }
            let head = CatalogHead(
                key: try reader.id(), sequence: try reader.integer(), previous: try reader.bytes32(),
                issued: try reader.timestamp(), sealedContent: try reader.long(limit: Limits.headSizeMax))
            let body = Array(bytes[..<reader.position])
            let signature = try reader.raw(64)
            try reader.finish()
            guard Ed25519.verify(signature: signature, message: transcript(body), publicKey: head.key.value) else {
                throw MessageError.badSignature
            }
            return head
        } catch { throw MessageError(error) }
    }
}
