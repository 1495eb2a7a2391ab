import QuloudCore
import QuloudCrypto
import QuloudZstd

extension ForeignParser {
    /// What comes back from holders, and what a holder finds on its disk.
    static let chunks = [sealedChunk, storedBlob, holdingTerms, zstd]

    /// The input is the size the manifest states, 4 bytes, and a payload; it is sealed as an owner would.
    private static let sealedChunk = ForeignParser("sealed-chunk") {
        let text = Array(repeating: Array("some text ".utf8), count: 40).flatMap(\.self)
        return try [(UInt8(0), text), (1, Zstd.compress(text, level: 3))].map { codec, body in
            var writer = WireWriter()
            writer.put(UInt32(text.count))
            writer.put(codec)
            writer.put(UInt32(body.count))
            writer.put(raw: body + [0, 0, 0])
            return writer.bytes
        }
    } parse: { bytes in
        _ = try? open(bytes, plainSize: 10)
        var reader = WireReader(bytes)
        let plainSize = Int(try reader.integer(UInt32.self))
        let header: [UInt8] = Array("QLSC".utf8) + [1, 1, 0, 0]
        var sealed = header
        try AEAD.seal(
            Array(bytes.dropFirst(4)), appendingTo: &sealed, key: SecretBytes(copying: key),
            nonce: [UInt8](repeating: 0, count: AEAD.nonceCount), associatedData: header)
        return .promise(try open(sealed, plainSize: plainSize).count == plainSize, "another size than stated")
    }

    private static let key = SHA256.hash(Array("content key".utf8))

    private static func open(_ sealed: [UInt8], plainSize: Int) throws -> [UInt8] {
        try SealedChunk.open(
            sealed, ref: ChunkRef(id: SealedChunk.id(of: sealed), contentKey: key, plainSize: plainSize))
    }

    private static let storedBlob = ForeignParser("stored-blob") {
        let keys = try ForeignKeys.all()
        let holding = keys.node.holdingKey(chunk: ForeignKeys.chunk, ownershipKey: keys.claim.publicPoint)
        let terms = try sampleTerms()
        return [
            try StoredBlob.wrap(
                [1, 2, 3], chunk: ForeignKeys.chunk, terms: terms,
                sealedTerms: terms.sealed(by: keys.node, key: holding),
                keys: keys.node)
        ]
    } parse: { bytes in
        let keys = try ForeignKeys.all()
        let header = try StoredBlob.header(of: bytes)
        let holding = keys.node.holdingKey(chunk: header.chunk, ownershipKey: keys.claim.publicPoint)
        _ = try? HoldingTerms.open(header.sealedTerms[...], by: keys.node, key: holding)
        let sealed = try StoredBlob.unwrap(
            bytes, expecting: header.chunk, ownershipKey: keys.claim.publicPoint, keys: keys.node)
        return .promise(sealed == [1, 2, 3], "a blob that this node did not write")
    }

    private static let holdingTerms = ForeignParser("holding-terms") {
        [try sampleTerms().encoded]
    } parse: { bytes in
        .canonical(try HoldingTerms(encoded: bytes).encoded, bytes)
    }

    private static func sampleTerms() throws -> HoldingTerms {
        let keys = try ForeignKeys.all()
        let request = StoreRequest(
            chunk: ForeignKeys.chunk, size: 3, quorum: 3, slot: 1, epoch: 2, lease: .seconds(86_400),
            retrievalKey: keys.retrieval.publicPoint, ownershipKey: keys.claim.publicPoint,
            mailbox: MailboxID(keys.mailbox.publicKey), excluded: [], issued: ForeignKeys.now,
            expires: ForeignKeys.now)
        return HoldingTerms(request: request, leaseUntil: ForeignKeys.now, storedAt: ForeignKeys.now)
    }

    private static let zstd = ForeignParser("zstd") {
        let text = Array(repeating: Array("some text ".utf8), count: 400).flatMap(\.self)
        return try [[], [7], text, NoEntropy().bytes(70_000)].map { try Zstd.compress($0, level: 3) }
    } parse: { bytes in
        let sizeMax = 256 << 10
        return .promise(try Zstd.decompress(bytes, sizeMax: sizeMax).count <= sizeMax, "more than was allowed")
    }
}
