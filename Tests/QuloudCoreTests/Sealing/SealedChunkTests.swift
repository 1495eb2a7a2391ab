import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct SealedChunkTests {
    private func seal(_ plaintext: [UInt8], level: Int = 3, root: [UInt8] = Fixture.root) throws -> SealedChunk {
        let keys = try Fixture.owner(root)
        let fingerprint = plaintext.withUnsafeBytes { keys.fingerprint(of: $0) }
        return try ChunkSealer(keys: keys, compressionLevel: level).seal(plaintext, fingerprint: fingerprint)
    }

    private func ref(
        _ sealed: SealedChunk, id: ChunkID? = nil, key: Bytes32? = nil, plainSize: Int? = nil
    ) -> ChunkRef {
        ChunkRef(id: id ?? sealed.id, contentKey: key ?? sealed.contentKey, plainSize: plainSize ?? sealed.plainSize)
    }

    @Test(arguments: [1, 2, 100, 5000, 524_283, SealedChunk.plainSizeMax], [0, 3])
    func whatIsSealedOpens(count: Int, level: Int) throws {
        for plaintext in [testBytes(count), testText(count), [UInt8](repeating: 0, count: count)] {
            let sealed = try seal(plaintext, level: level)
            #expect(sealed.bytes.count <= Limits.sealedChunkSizeMax)
            #expect(sealed.id == SealedChunk.id(of: sealed.bytes))
            #expect(try SealedChunk.open(sealed.bytes, ref: sealed.ref) == plaintext)
        }
    }

    @Test func partsBeyondThePlaintextAreRefused() {
        let opened = OpenedChunk(payload: [0, 0, 0, 1, 2, 3, 0, 0], range: 3..<6)
        #expect(opened.bytes.elementsEqual([1, 2, 3]))
        #expect(opened.range(of: 3, at: 0) == 3..<6)
        #expect(opened.range(of: 1, at: 2) == 5..<6)
        #expect(opened.range(of: 0, at: 3) == 6..<6)
        for (count, offset) in [(4, 0), (1, 3), (0, 4), (-1, 0), (1, -1), (Int.max, 1), (1, Int.max)] {
            #expect(opened.range(of: count, at: offset) == nil, "\(count) at \(offset)")
        }
    }

    @Test func sealingIsDeterministicForOneOwner() throws {
        let plaintext = testText(20_000)
        let first = try seal(plaintext)
        let second = try seal(plaintext)
        #expect(first.bytes == second.bytes && first.contentKey == second.contentKey)
        let stranger = try seal(plaintext, root: [UInt8](repeating: 1, count: 32))
        #expect(stranger.id != first.id && stranger.contentKey != first.contentKey)
    }

    @Test func differentPlaintextsHaveDifferentKeys() throws {
        let keys = try Set(
            [testBytes(100), testBytes(100, seed: 2), testBytes(101), testText(100)].map { try seal($0).contentKey })
        #expect(keys.count == 4)
        // The same content, stored and compressed: different payloads under one fixed nonce need different keys.
        #expect(try seal(testText(5000), level: 0).contentKey != seal(testText(5000), level: 3).contentKey)
    }

    @Test func compressionIsKeptOnlyIfSmaller() throws {
        #expect(try seal(testText(100_000)).bytes.count < 30_000)
        #expect(try seal(testBytes(100_000)).bytes == seal(testBytes(100_000), level: 0).bytes)
    }

    @Test func lengthsAreHidden() throws {
        let sizes = try Set((100_000..<100_400).map { try seal(testBytes($0), level: 0).bytes.count })
        #expect(sizes.count <= 2)
    }

    @Test func sealedBytesShowNothingOfThePlaintext() throws {
        let plaintext = [UInt8](repeating: 0x41, count: 4096)
        let sealed = try seal(plaintext, level: 0)
        #expect(!sealed.bytes.indices.dropLast(8).contains { sealed.bytes[$0..<$0 + 8].allSatisfy { $0 == 0x41 } })
    }

    @Test func everyFlippedByteIsWrongBytes() throws {
        let sealed = try seal(testBytes(200))
        for index in sealed.bytes.indices {
            var damaged = sealed.bytes
            damaged[index] ^= 1
            #expect(throws: SealError.wrongBytes) { try SealedChunk.open(damaged, ref: sealed.ref) }
        }
        for count in [0, 1, 8, 23, sealed.bytes.count - 1] {
            #expect(throws: SealError.wrongBytes) {
                try SealedChunk.open(Array(sealed.bytes.prefix(count)), ref: sealed.ref)
            }
        }
    }

    @Test func damageUnderARightIdIsFoundToo() throws {
        // A reference can be wrong as well: then the id fits and the inside does not.
        let sealed = try seal(testBytes(200))
        for index in sealed.bytes.indices {
            var damaged = sealed.bytes
            damaged[index] ^= 1
            let expected: SealError =
                switch index {
                case 0..<4: .malformed
                case 4, 5: .newerFormat
                default: .wrongKey
                }
            #expect(throws: expected) {
                try SealedChunk.open(damaged, ref: ref(sealed, id: SealedChunk.id(of: damaged)))
            }
        }
        for count in 0..<sealed.bytes.count {
            let short = Array(sealed.bytes.prefix(count))
            #expect(throws: SealError.self) {
                try SealedChunk.open(short, ref: ref(sealed, id: SealedChunk.id(of: short)))
            }
        }
    }

    @Test func theWrongKeyIsNamed() throws {
        let sealed = try seal(testBytes(200))
        #expect(throws: SealError.wrongKey) { try SealedChunk.open(sealed.bytes, ref: ref(sealed, key: Bytes32())) }
    }

    @Test func theWrongIdIsNamed() throws {
        let sealed = try seal(testBytes(200))
        #expect(throws: SealError.wrongBytes) {
            try SealedChunk.open(sealed.bytes, ref: ref(sealed, id: Fixture.chunk))
        }
    }

    @Test(arguments: [0, 3])
    func theWrongSizeIsMalformed(level: Int) throws {
        let sealed = try seal(testText(3000), level: level)
        for size in [0, 2999, 3001, Int.max, -1] {
            #expect(throws: SealError.malformed) {
                try SealedChunk.open(sealed.bytes, ref: ref(sealed, plainSize: size))
            }
        }
    }

    @Test func emptyPlaintextSurvives() throws {
        let sealed = try seal([])
        #expect(try SealedChunk.open(sealed.bytes, ref: sealed.ref) == [])
    }

    @Test func fingerprintsAreKeyed() throws {
        let plaintext = testBytes(50)
        let mine = try Fixture.owner()
        let other = try Fixture.owner([UInt8](repeating: 1, count: 32))
        plaintext.withUnsafeBytes {
            #expect(mine.fingerprint(of: $0) == mine.fingerprint(of: $0))
            #expect(mine.fingerprint(of: $0) != other.fingerprint(of: $0))
        }
    }

    @Test func keysOfChunksAreUnlinkable() throws {
        let keys = try Fixture.owner()
        let points = try [Fixture.chunk, Fixture.otherChunk].flatMap {
            [try keys.retrievalKeys(of: $0).publicPoint, try keys.ownershipKeys(of: $0).publicPoint]
        }
        #expect(Set(points).count == 4)
    }

    @Test func aRootOfAnotherLengthIsRefused() {
        for count in [0, 16, 31, 33, 64] {
            #expect(throws: CryptoError.malformedKey) { try Fixture.owner([UInt8](repeating: 1, count: count)) }
            #expect(throws: CryptoError.malformedKey) { try Fixture.node([UInt8](repeating: 1, count: count)) }
        }
    }

    @Test func headContentOpensForItsOwnerOnly() throws {
        let keys = try Fixture.owner()
        let sealed = try keys.sealHead([1, 2, 3])
        #expect(try keys.openHead(sealed) == [1, 2, 3])
        let stranger = try Fixture.owner([UInt8](repeating: 1, count: 32))
        #expect(throws: CryptoError.authenticationFailed) { try stranger.openHead(sealed) }
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 1
            #expect(throws: CryptoError.authenticationFailed) { try keys.openHead(damaged) }
            #expect(throws: CryptoError.authenticationFailed) { try keys.openHead(Array(sealed.prefix(index))) }
        }
    }
}
