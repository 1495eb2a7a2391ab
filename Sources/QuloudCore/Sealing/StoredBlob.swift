import QuloudCrypto

/// What a holder must know of a chunk that it keeps, besides the bytes.
package struct HoldingTerms: Sendable, Equatable {
    package let retrievalKey: Point
    package let ownershipKey: Point
    package let mailbox: MailboxID
    package let size: Int
    package let slot: Int
    package let epoch: UInt32
    /// As promised in the receipt; renewals are in the index.
    package let leaseUntil: Timestamp
    package let group: [UInt8]
    package let storedAt: Timestamp

    package init(request: StoreRequest, leaseUntil: Timestamp, storedAt: Timestamp) {
        retrievalKey = request.retrievalKey
        ownershipKey = request.ownershipKey
        mailbox = request.mailbox
        size = request.size
        slot = request.slot
        epoch = request.epoch
        self.leaseUntil = leaseUntil
        group = request.group
        self.storedAt = storedAt
    }

    package var encoded: [UInt8] {
        var writer = WireWriter(capacity: 160)
        writer.put(retrievalKey.encoded)
        writer.put(ownershipKey.encoded)
        writer.put(mailbox)
        writer.put(UInt32(clamping: size))
        writer.put(UInt8(clamping: slot))
        writer.put(epoch)
        writer.put(leaseUntil)
        writer.put(raw: group)
        writer.put(storedAt)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws {
        var reader = WireReader(encoded)
        retrievalKey = try Point(validating: reader.bytes32())
        ownershipKey = try Point(validating: reader.bytes32())
        mailbox = try reader.id()
        size = Int(try reader.integer(UInt32.self))
        slot = Int(try reader.integer(UInt8.self))
        epoch = try reader.integer()
        leaseUntil = try reader.timestamp()
        group = try reader.raw(StoreRequest.groupCount)
        storedAt = try reader.timestamp()
        try reader.finish()
    }

    private static let context = Array("quloud/v1/terms".utf8)

    package func sealed(by keys: NodeKeys, key: HoldingKey) throws(CryptoError) -> [UInt8] {
        try keys.seal(encoded, associatedData: Self.context + key.value.bytes)
    }

    package static func open(
        _ sealed: ArraySlice<UInt8>, by keys: NodeKeys, key: HoldingKey
    ) throws(BlobError) -> HoldingTerms {
        do {
            return try HoldingTerms(encoded: keys.open(sealed, associatedData: context + key.value.bytes))
        } catch { throw .damaged }
    }
}

package enum BlobError: Error, Sendable, Equatable {
    case damaged
    case newerFormat
}

/// The node layer: a sealed chunk under the node's own key, with a header that tells all, so that the index can be rebuilt
/// from the blobs. A stolen disk shows neither content nor ownership.
///
/// Layout: `QLBL`, version, three zero bytes, chunk id, length of the sealed terms (2 bytes), sealed terms; then nonce and
/// ciphertext of the sealed chunk, with chunk id and `O` as associated data.
package enum StoredBlob {
    private static let magic: [UInt8] = Array("QLBL".utf8)
    private static let version: UInt8 = 1
    private static let fixedCount = 4 + 4 + 32 + 2

    package static func wrap(
        _ sealed: some ByteView, chunk: ChunkID, terms: HoldingTerms, sealedTerms: [UInt8], keys: NodeKeys
    ) throws(CryptoError) -> [UInt8] {
        let count = sealed.withRawBytes { $0.count }
        var writer = WireWriter(capacity: fixedCount + sealedTerms.count + AEAD.nonceCount + count + AEAD.tagCount)
        writer.put(raw: magic + [version, 0, 0, 0])
        writer.put(chunk)
        writer.put(UInt16(clamping: sealedTerms.count))
        writer.put(raw: sealedTerms)
        var bytes = writer.take()
        try keys.seal(sealed, appendingTo: &bytes, associatedData: chunk.value.bytes + terms.ownershipKey.encoded.bytes)
        return bytes
    }

    package struct Header: Sendable {
        package let chunk: ChunkID
        package let sealedTerms: [UInt8]
        fileprivate let payloadStart: Int
    }

    package static func header(of blob: [UInt8]) throws(BlobError) -> Header {
        do {
            var reader = WireReader(blob)
            guard try reader.raw(4) == magic else { throw BlobError.damaged }
            guard try reader.integer(UInt32.self) == UInt32(version) << 24 else { throw BlobError.newerFormat }
            let chunk = try reader.id(ChunkID.self)
            let count = Int(try reader.integer(UInt16.self))
            let terms = try reader.raw(count)
            return Header(chunk: chunk, sealedTerms: terms, payloadStart: reader.position)
        } catch { throw error as? BlobError ?? .damaged }
    }

    /// The sealed chunk in a blob; `.damaged` when a single bit is wrong anywhere.
    package static func unwrap(
        _ blob: [UInt8], expecting chunk: ChunkID, ownershipKey: Point, keys: NodeKeys
    ) throws(BlobError) -> [UInt8] {
        let header = try header(of: blob)
        guard header.chunk == chunk else { throw .damaged }
        // The terms are needed only when the index is rebuilt: it would be too late to notice then.
        _ = try HoldingTerms.open(
            header.sealedTerms[...], by: keys, key: keys.holdingKey(chunk: chunk, ownershipKey: ownershipKey))
        do {
            return try keys.open(
                blob[header.payloadStart...], associatedData: chunk.value.bytes + ownershipKey.encoded.bytes)
        } catch { throw .damaged }
    }
}
