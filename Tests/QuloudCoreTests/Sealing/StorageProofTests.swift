import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct StorageProofTests {
    private let seed = SHA256.hash([1])
    private let sealed = testBytes(5000)
    private var chunk: ChunkID { SealedChunk.id(of: sealed) }

    private func ownersKey(for node: NodeKeys, chunk: ChunkID) throws -> [UInt8] {
        let owner = try Fixture.owner()
        return try owner.pairwiseKey(
            ownership: owner.ownershipKeys(of: chunk), agreementKey: node.agreementKey, chunk: chunk)
    }
    private func nodesKey(_ node: NodeKeys, chunk: ChunkID) throws -> [UInt8] {
        try node.pairwiseKey(ownershipKey: Fixture.owner().ownershipKeys(of: chunk).publicPoint, chunk: chunk)
    }
    private func answer(_ node: NodeKeys, key: [UInt8]? = nil, seed: Bytes32? = nil, digest: Bytes32? = nil) throws
        -> Bytes32
    {
        let seed = seed ?? self.seed
        return StorageProof.answer(
            key: try key ?? nodesKey(node, chunk: chunk), chunk: chunk, node: node.id, seed: seed, expires: Fixture.now,
            digest: digest ?? StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed))
    }

    @Test func ownerAndNodeAgreeOnAKey() throws {
        let node = try Fixture.node()
        #expect(try ownersKey(for: node, chunk: chunk) == nodesKey(node, chunk: chunk))
    }

    @Test func theKeyIsKnownToNobodyElse() throws {
        let node = try Fixture.node()
        let other = try Fixture.node(Fixture.otherNodeSecret)
        let key = try nodesKey(node, chunk: chunk)
        #expect(try key != nodesKey(other, chunk: chunk), "another holder")
        #expect(try key != nodesKey(node, chunk: Fixture.chunk), "another chunk")
        let stranger = try Fixture.owner([UInt8](repeating: 1, count: 32))
        let guess = try stranger.pairwiseKey(
            ownership: stranger.ownershipKeys(of: chunk), agreementKey: node.agreementKey, chunk: chunk)
        #expect(key != guess, "another owner")
    }

    @Test func anAnswerFitsItsChallengeOnly() throws {
        let node = try Fixture.node()
        let other = try Fixture.node(Fixture.otherNodeSecret)
        let expected = try answer(node)
        #expect(try answer(node) == expected)
        #expect(try answer(other) != expected, "another node's proof")
        #expect(try answer(node, seed: SHA256.hash([2])) != expected, "another seed")
        #expect(try answer(node, key: nodesKey(other, chunk: chunk)) != expected, "another node's key")
        let later = StorageProof.answer(
            key: try nodesKey(node, chunk: chunk), chunk: chunk, node: node.id, seed: seed,
            expires: Fixture.now.advanced(by: .milliseconds(1)),
            digest: StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed))
        #expect(later != expected, "another challenge's time")
    }

    @Test func everyByteOfTheChunkCounts() {
        let expected = StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed)
        for index in stride(from: 0, to: sealed.count, by: 97) {
            var damaged = sealed
            damaged[index] ^= 1
            #expect(StorageProof.digest(seed: seed, chunk: chunk, sealed: damaged) != expected)
        }
        #expect(StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed.dropLast()) != expected)
        #expect(StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed + [0]) != expected)
        #expect(StorageProof.digest(seed: seed, chunk: Fixture.chunk, sealed: sealed) != expected)
    }

    @Test func aKeptHashStateAnswersNothing() throws {
        // A cheat hashes the chunk once, keeps the state or the digest, throws the chunk away, and stirs the seed in when
        // it is asked. That works where the seed comes last; here it keys the hash, so nothing made before it helps.
        let honest = StorageProof.digest(seed: seed, chunk: chunk, sealed: sealed)
        let prefix = Array("quloud/v1/possession".utf8) + chunk.value.bytes + [0, 0, 0, 0, 0, 0, 0x13, 0x88]
        #expect(HMACSHA256.authenticate(key: seed.bytes, parts: [prefix, sealed]) == honest, "the definition")
        let kept = SHA256.hash(prefix + sealed)
        let tricks: [Bytes32] = [
            SHA256.hash(prefix + sealed + seed.bytes), SHA256.hash(kept.bytes + seed.bytes),
            HMACSHA256.authenticate(key: seed.bytes, parts: [kept.bytes]),
            HMACSHA256.authenticate(key: kept.bytes, parts: [seed.bytes]),
            HMACSHA256.authenticate(key: seed.bytes, parts: [chunk.value.bytes]),
            HMACSHA256.authenticate(key: seed.bytes, parts: [prefix + seed.bytes, sealed]),
        ]
        #expect(!tricks.contains(honest))
        let node = try Fixture.node()
        for trick in tricks { #expect(try answer(node, digest: trick) != answer(node)) }
    }

    @Test func theTagShowsWhoAsks() throws {
        let node = try Fixture.node()
        let sample = try MessageSample.proofRequest()
        let (request, tags) = try ProofRequest.parse(sample.bytes)
        let key = try nodesKey(node, chunk: Fixture.chunk)
        #expect(tags.holds(at: 0, chunk: request.chunks[0], key: key))
        #expect(!tags.holds(at: 1, chunk: request.chunks[0], key: key))
        #expect(!tags.holds(at: 2, chunk: request.chunks[0], key: key))
        #expect(!tags.holds(at: 0, chunk: request.chunks[0], key: try nodesKey(node, chunk: Fixture.otherChunk)))
    }
}
