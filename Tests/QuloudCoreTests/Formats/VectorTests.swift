import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// The project's own vectors: root secret 00…1f, node secret 20…3f, hedges and nonces of fixed bytes.
@Suite(.serialized) struct VectorTests {
    private let entropy = FixedEntropy(0x5A)

    @Test func ownerKeys() throws {
        let keys = try Fixture.owner()
        var file = VectorFile()
        file.note("an owner's keys, from its root secret")
        file.put("root", Fixture.root)
        file.put("head_key", keys.headKey.value.bytes)
        file.put("fingerprint_key", keys.fingerprint.withUnsafeBytes { Array($0) })
        file.put("chunking_key", keys.chunking.withUnsafeBytes { Array($0) })
        for epoch: UInt64 in [0, 1, 0x0102_0304_0506_0708] {
            file.put("mailbox_\(epoch)", try keys.mailbox(epoch: epoch).publicKey.bytes)
        }
        file.note("fingerprint of a plaintext")
        let plaintext = Array("plaintext".utf8)
        file.put("plaintext", plaintext)
        file.put("fingerprint", plaintext.withUnsafeBytes { keys.fingerprint(of: $0) }.value.bytes)
        file.note("the keys of a chunk: scalars little-endian, points encoded")
        file.put("chunk", Fixture.chunk.value.bytes)
        for (name, claim) in [
            ("retrieval", try keys.retrievalKeys(of: Fixture.chunk)),
            ("ownership", try keys.ownershipKeys(of: Fixture.chunk)),
        ] {
            file.put("\(name)_scalar", claim.secret.secret.withUnsafeBytes { Array($0) })
            file.put("\(name)_point", claim.publicPoint.encoded.bytes)
        }
        try file.check("owner-keys.txt")
    }

    @Test func nodeKeys() throws {
        let node = try Fixture.node()
        let ownership = try Fixture.owner().ownershipKeys(of: Fixture.chunk).publicPoint
        var file = VectorFile()
        file.note("a node's keys, from its secret")
        file.put("node_secret", Fixture.nodeSecret)
        file.put("node_id", node.id.value.bytes)
        file.put("agreement_key", node.agreementKey.value.bytes)
        file.note("names on its disk")
        file.put("chunk", Fixture.chunk.value.bytes)
        file.put("ownership_point", ownership.encoded.bytes)
        file.put("holding_key", node.holdingKey(chunk: Fixture.chunk, ownershipKey: ownership).value.bytes)
        file.put("group", [UInt8](repeating: 3, count: 16))
        file.put("group_tag", node.groupTag([UInt8](repeating: 3, count: 16)) ?? [])
        try file.check("node-keys.txt")
    }

    @Test func cutting() throws {
        let keys = try Fixture.owner()
        let gear = GearTable(key: keys.chunking)
        var file = VectorFile()
        file.note("the gear table of the owner's chunking key: words of some byte values")
        for index in [0, 1, 2, 3, 7, 8, 127, 128, 254, 255] {
            var writer = WireWriter()
            writer.put(gear.words[index])
            file.put("gear_\(index)", writer.bytes)
        }
        let bytes = (0..<UInt64(4 << 20)).map { index -> UInt8 in
            Self.pattern[Int(index & 0xFFFF)] &+ UInt8(truncatingIfNeeded: index >> 16)
        }
        file.note(
            "lengths of the chunks of 4 MiB: byte i is (pattern[i mod 65536] + i / 65536) mod 256, "
                + "pattern[k] the first byte of SHA-256(k as 8 bytes, big-endian)")
        let cutter = Cutter(.content, gear: gear)
        var lengths: [Int] = []
        var start = 0
        while start < bytes.count {
            let length = bytes.withUnsafeBytes { cutter.cut(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            lengths.append(length)
            start += length
        }
        file.put("lengths", text: lengths.map(String.init).joined(separator: " "))
        file.note("Padmé: length, padded length")
        for count in [0, 1, 2, 8, 9, 15, 16, 17, 100, 1000, 4097, 65_537, 524_288, 524_289, 917_504, 917_509] {
            file.put("padded_\(count)", Padding.padded(count))
        }
        try file.check("cutting.txt")
    }

    private static let pattern: [UInt8] = (0..<UInt64(65_536)).map { index in
        var writer = WireWriter()
        writer.put(index)
        return SHA256.hash(writer.bytes).bytes[0]
    }

    @Test func sealedChunks() throws {
        let keys = try Fixture.owner()
        let sealer = try ChunkSealer(keys: keys, compressionLevel: 0)
        var file = VectorFile()
        file.note("sealed chunks of the owner with the root secret 00 … 1f, stored without compression")
        for (name, plaintext) in [
            ("empty", []), ("one", [7]), ("text", Array("The quick brown fox jumps over the lazy dog".utf8)),
            ("longer", (0..<200).map { UInt8(truncatingIfNeeded: $0 * 7) }),
        ] {
            let sealed = try sealer.seal(plaintext, fingerprint: plaintext.withUnsafeBytes { keys.fingerprint(of: $0) })
            file.put("\(name)_plaintext", plaintext)
            file.put("\(name)_content_key", sealed.contentKey.bytes)
            file.put("\(name)_sealed", sealed.bytes)
            file.put("\(name)_id", sealed.id.value.bytes)
        }
        try file.check("sealed-chunks.txt")
    }

    @Test func storageProofs() throws {
        let owner = try Fixture.owner()
        let node = try Fixture.node()
        let sealed = (0..<100).map { UInt8(truncatingIfNeeded: $0) }
        let chunk = SealedChunk.id(of: sealed)
        let ownership = try owner.ownershipKeys(of: chunk)
        let seed = Bytes32([UInt8](repeating: 9, count: 32)) ?? Bytes32()
        let key = try owner.pairwiseKey(ownership: ownership, agreementKey: node.agreementKey, chunk: chunk)
        let digest = StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed)
        var file = VectorFile()
        file.note("one challenge: owner 00 … 1f, node 20 … 3f, seed of bytes 09")
        file.put("sealed", sealed)
        file.put("chunk", chunk.value.bytes)
        file.put("ownership_point", ownership.publicPoint.encoded.bytes)
        file.put("agreement_key", node.agreementKey.value.bytes)
        file.put("node_id", node.id.value.bytes)
        file.put("seed", seed.bytes)
        file.put("expires", Fixture.now.milliseconds)
        file.put("K", key)
        file.put("D", digest.bytes)
        let answer = StorageProof.answer(
            key: key, chunk: chunk, node: node.id, seed: seed, expires: Fixture.now, digest: digest)
        file.put("proof", answer.bytes)
        file.note("the tag that shows who asks, for a request whose hash is of bytes 01")
        let hash = Bytes32([UInt8](repeating: 1, count: 32)) ?? Bytes32()
        file.put("tag", StorageProof.tag(key: key, chunk: chunk, requestHash: hash))
        try file.check("storage-proof.txt")
    }

    @Test func messages() throws {
        var file = VectorFile()
        file.note("messages as MessageSamples.swift makes them; hedges of bytes 5a, nonces of bytes 07")
        file.note("context: return address, issued, expires (milliseconds)")
        file.put("return_address", text: Fixture.address.text)
        file.put("issued", Fixture.now.milliseconds)
        file.put("expires", Fixture.now.advanced(by: .seconds(300)).milliseconds)
        file.put("chunk", Fixture.chunk.value.bytes)
        file.put("other_chunk", Fixture.otherChunk.value.bytes)
        file.note("the messages")
        for sample in try MessageSample.all() where sample.name != "store_acks" {
            file.put(sample.name.replacing(" ", with: "_"), sample.bytes)
        }
        let node = try Fixture.node()
        file.note("a receipt's signature")
        file.put("receipt_signature", Fixture.receipt(node).signed(by: node.identity).signature)
        try file.check("messages.txt")
    }

    @Test func manifests() throws {
        var file = VectorFile()
        file.note("manifest records, each preceded by its length")
        for (index, record) in try ManifestTests.records().enumerated() {
            var writer = WireWriter()
            record.write(to: &writer)
            file.put("record_\(index)", writer.bytes)
        }
        let refs = [ChunkRef(id: Fixture.chunk, contentKey: SHA256.hash([3]), plainSize: 1000)]
        file.note("a manifest's root, the content of a head, a list of snapshots")
        file.put("root", ManifestRoot(records: refs).encoded)
        file.put("head_content", HeadContent(list: refs).encoded)
        let snapshot = Snapshot(
            id: .numbered(1), createdAt: Fixture.now, label: "label", host: "host", base: Array("/home".utf8),
            roots: [try #require(TreePath(Array("a/b".utf8)))], manifest: refs[0], files: 1, directories: 2, bytes: 3,
            problems: 4)
        file.put("snapshot_list", SnapshotList.encode([snapshot]))
        try file.check("manifests.txt")
    }
}
