import QuloudCrypto
import QuloudZstd

/// The owner layer: compress, pad, seal. The result depends on the content and the owner's keys alone, so the owner can
/// make it again from the unchanged source.
///
/// Layout: `QLSC`, version, suite, two zero bytes; then the XChaCha20-Poly1305 ciphertext of the payload with those eight
/// bytes as associated data. Payload: codec, plaintext size (4 bytes), body, zeros up to the padded length.
package struct SealedChunk: Sendable {
    package let id: ChunkID
    package let bytes: [UInt8]
    package let contentKey: Bytes32
    package let plainSize: Int

    package var ref: ChunkRef { ChunkRef(id: id, contentKey: contentKey, plainSize: plainSize) }

    static let header: [UInt8] = Array("QLSC".utf8) + [1, 1, 0, 0]
    static let payloadHeaderCount = 5
    /// The largest plaintext whose padded and sealed form keeps `Limits.sealedChunkSizeMax`.
    package static let plainSizeMax = 896 * 1024
    /// A plaintext of this size seals to a full size class: fixed-size cutting wastes nothing on padding.
    package static let plainSizeFixed = 512 * 1024 - payloadHeaderCount

    private static let fixedNonce = [UInt8](repeating: 0, count: AEAD.nonceCount)

    enum Codec: UInt8 { case stored = 0, zstd = 1 }

    /// The id of sealed bytes, by which everyone checks them.
    package static func id(of sealed: some ByteView) -> ChunkID { ChunkID(sealed.withRawBytes { SHA256.hash($0) }) }

    /// The plaintext of sealed bytes, after checking them against `ref`.
    package static func open(_ sealed: [UInt8], ref: ChunkRef) throws(SealError) -> [UInt8] {
        guard let chunk = IdentifiedChunk(sealed, id: ref.id) else { throw .wrongBytes }
        return Array(try open(chunk, ref: ref).bytes)
    }

    /// The same for bytes that were checked already.
    package static func open(_ chunk: IdentifiedChunk, ref: ChunkRef) throws(SealError) -> OpenedChunk {
        guard chunk.id == ref.id else { throw .wrongBytes }
        return try chunk.bytes.withRawBytes { (sealed) throws(SealError) in try open(checked: sealed, ref: ref) }
    }

    /// The same where they lie.
    static func open(checked sealed: UnsafeRawBufferPointer, ref: ChunkRef) throws(SealError) -> OpenedChunk {
        guard sealed.count >= header.count + AEAD.tagCount, sealed.starts(with: header.prefix(4)) else {
            throw .malformed
        }
        guard sealed[4] == header[4], sealed[5] == header[5] else { throw .newerFormat }
        let payload: [UInt8]
        do {
            payload = try AEAD.open(
                UnsafeRawBufferPointer(rebasing: sealed.dropFirst(header.count)),
                key: SecretBytes(copying: ref.contentKey), nonce: fixedNonce,
                associatedData: Array(sealed.prefix(header.count)))
        } catch { throw .wrongKey }
        return try unpack(payload, plainSize: ref.plainSize)
    }

    private static func unpack(_ payload: [UInt8], plainSize: Int) throws(SealError) -> OpenedChunk {
        do {
            var reader = WireReader(payload)
            guard let codec = Codec(rawValue: try reader.integer(UInt8.self)) else { throw SealError.newerFormat }
            let bodySize = Int(try reader.integer(UInt32.self))
            guard bodySize <= reader.remaining, plainSize <= plainSizeMax else { throw SealError.malformed }
            let body = reader.position..<reader.position + bodySize
            let opened: OpenedChunk
            switch codec {
            case .stored: opened = OpenedChunk(payload: payload, range: body)
            case .zstd:
                let plain = try payload.withUnsafeBytes { raw in
                    try Zstd.decompress(UnsafeRawBufferPointer(rebasing: raw[body]), sizeMax: plainSizeMax)
                }
                opened = OpenedChunk(payload: plain, range: 0..<plain.count)
            }
            guard opened.range.count == plainSize else { throw SealError.malformed }
            return opened
        } catch { throw error as? SealError ?? .malformed }
    }

    /// Puts a payload together and seals it.
    static func seal(
        body: UnsafeRawBufferPointer, codec: Codec, identity: Bytes32, plainSize: Int, keys: OwnerKeys
    ) throws(CryptoError) -> SealedChunk {
        let padded = Padding.padded(payloadHeaderCount + body.count)
        var payloadHeader = WireWriter(capacity: payloadHeaderCount)
        payloadHeader.put(codec.rawValue)
        payloadHeader.put(UInt32(body.count))
        let padding = [UInt8](repeating: 0, count: padded - payloadHeaderCount - body.count)

        var name = WireWriter(capacity: 48)
        name.put(codec.rawValue)
        name.put(UInt32(padded))
        name.put(UInt32(plainSize))
        name.put(identity)
        let contentKey = keys.contentKey(payload: name.bytes)

        var sealed: [UInt8] = []
        sealed.reserveCapacity(header.count + padded + AEAD.tagCount)
        sealed.append(contentsOf: header)
        try AEAD.seal(
            parts: [payloadHeader.bytes, body, padding], appendingTo: &sealed, key: SecretBytes(copying: contentKey),
            nonce: fixedNonce, associatedData: header)
        return SealedChunk(id: id(of: sealed), bytes: sealed, contentKey: contentKey, plainSize: plainSize)
    }
}

package enum SealError: Error, Sendable, Equatable {
    /// The bytes do not have the id they were asked for by.
    case wrongBytes
    case wrongKey
    case malformed
    case newerFormat
}

/// Seals plaintext chunks. Holds a compression context: one for each task.
package struct ChunkSealer {
    private let keys: OwnerKeys
    private let compressor: Compressor?

    /// - Parameter compressionLevel: zstd's level, 1...19; 0 stores as it is.
    package init(keys: OwnerKeys, compressionLevel: Int) throws {
        self.keys = keys
        compressor = compressionLevel == 0 ? nil : try Compressor(level: Int32(clamping: compressionLevel))
    }

    /// - Parameters:
    ///   - fingerprint: that of `plaintext`.
    ///   - compressingAll: also what looks random, as earlier versions did.
    package func seal(
        _ plaintext: some ByteView, fingerprint: Fingerprint, compressingAll: Bool = false
    ) throws -> SealedChunk {
        try plaintext.withRawBytes { plain in
            let isTried = compressingAll || Compressibility.mayShrink(plain)
            let body = isTried ? try compressor?.compress(plain) : nil
            if let body, body.count < plain.count {
                return try body.withUnsafeBytes { raw in
                    try SealedChunk.seal(
                        body: raw, codec: .zstd, identity: SHA256.hash(raw), plainSize: plain.count, keys: keys)
                }
            }
            return try SealedChunk.seal(
                body: plain, codec: .stored, identity: fingerprint.value, plainSize: plain.count, keys: keys)
        }
    }
}
