import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// Bytes that hold random nonces, or depend on the compressor: made once, and opened for ever.
@Suite(.serialized) struct OpeningVectorTests {
    private static let plaintext = testText(600)
    private static let sealed = (0..<100).map { UInt8(truncatingIfNeeded: $0) }

    private func terms() throws -> HoldingTerms {
        HoldingTerms(
            request: try Fixture.storeRequest(Fixture.owner(), chunk: SealedChunk.id(of: Self.sealed)),
            leaseUntil: Fixture.now.advanced(by: .seconds(86_400)), storedAt: Fixture.now)
    }

    private func write() throws {
        let owner = try Fixture.owner()
        let node = try Fixture.node()
        var file = VectorFile()
        file.note("a compressed sealed chunk of the owner 00 … 1f")
        let chunk = try ChunkSealer(keys: owner, compressionLevel: 3).seal(
            Self.plaintext, fingerprint: Self.plaintext.withUnsafeBytes { owner.fingerprint(of: $0) })
        file.put("chunk_plaintext", Self.plaintext)
        file.put("chunk_sealed", chunk.bytes)
        file.put("chunk_id", chunk.id.value.bytes)
        file.put("chunk_content_key", chunk.contentKey.bytes)
        file.note("a stored blob of the node 20 … 3f: sealed chunk 00 … 63, terms as in its header")
        let terms = try terms()
        let key = node.holdingKey(chunk: SealedChunk.id(of: Self.sealed), ownershipKey: terms.ownershipKey)
        let sealedTerms = try terms.sealed(by: node, key: key)
        file.put("blob_sealed_chunk", Self.sealed)
        file.put("blob_terms", terms.encoded)
        file.put("blob_holding_key", key.value.bytes)
        file.put(
            "blob",
            try StoredBlob.wrap(
                Self.sealed, chunk: SealedChunk.id(of: Self.sealed), terms: terms, sealedTerms: sealedTerms, keys: node)
        )
        file.note("receipts sealed to the owner's mailbox of epoch 9")
        file.put("receipts", try MessageSample.receiptEnvelope().bytes)
        file.note("the content of a head, sealed")
        file.put("head_sealed", try owner.sealHead([1, 2, 3]))
        try file.write("opening.txt")
    }

    @Test func everythingOpens() throws {
        if VectorFile.isWriting { try write() }
        let values = VectorFile.values(of: try VectorFile.read("opening.txt"))
        func bytes(_ name: String) throws -> [UInt8] {
            let value = try #require(values[name], "\(name) is missing")
            return try #require(Hex.decode(value))
        }
        func bytes32(_ name: String) throws -> Bytes32 {
            let value = try bytes(name)
            return try #require(Bytes32(value))
        }

        let ref = ChunkRef(
            id: ChunkID(try bytes32("chunk_id")), contentKey: try bytes32("chunk_content_key"),
            plainSize: Self.plaintext.count)
        #expect(try bytes("chunk_plaintext") == Self.plaintext)
        #expect(try SealedChunk.open(bytes("chunk_sealed"), ref: ref) == Self.plaintext)

        let node = try Fixture.node()
        let header = try StoredBlob.header(of: bytes("blob"))
        let key = HoldingKey(try bytes32("blob_holding_key"))
        let opened = try HoldingTerms.open(header.sealedTerms[...], by: node, key: key)
        #expect(try opened == terms())
        #expect(try bytes("blob_terms") == opened.encoded)
        #expect(header.chunk == SealedChunk.id(of: Self.sealed))
        #expect(
            try StoredBlob.unwrap(
                bytes("blob"), expecting: header.chunk, ownershipKey: opened.ownershipKey, keys: node) == Self.sealed)

        #expect(try MessageSample.receiptEnvelope().isTakenAsSent(bytes("receipts")))
        #expect(try Fixture.owner().openHead(bytes("head_sealed")) == [1, 2, 3])
    }
}
