import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct StoredBlobTests {
    private struct Made {
        let node: NodeKeys
        let chunk: ChunkID
        let sealed: [UInt8]
        let terms: HoldingTerms
        let key: HoldingKey
        let blob: [UInt8]
    }

    private func make(_ secret: [UInt8] = Fixture.nodeSecret) throws -> Made {
        let node = try Fixture.node(secret)
        let owner = try Fixture.owner()
        let sealed = testBytes(300)
        let chunk = SealedChunk.id(of: sealed)
        let request = try Fixture.storeRequest(owner, chunk: chunk)
        let terms = HoldingTerms(request: request, leaseUntil: Fixture.now, storedAt: Fixture.now)
        let key = node.holdingKey(chunk: chunk, ownershipKey: terms.ownershipKey)
        let blob = try StoredBlob.wrap(
            sealed, chunk: chunk, terms: terms, sealedTerms: try terms.sealed(by: node, key: key), keys: node)
        return Made(node: node, chunk: chunk, sealed: sealed, terms: terms, key: key, blob: blob)
    }

    private func unwrapAll(_ blob: [UInt8], _ made: Made) throws -> ([UInt8], HoldingTerms) {
        let header = try StoredBlob.header(of: blob)
        let terms = try HoldingTerms.open(header.sealedTerms[...], by: made.node, key: made.key)
        return (
            try StoredBlob.unwrap(blob, expecting: made.chunk, ownershipKey: terms.ownershipKey, keys: made.node), terms
        )
    }

    @Test func aBlobTellsAll() throws {
        let made = try make()
        let (sealed, terms) = try unwrapAll(made.blob, made)
        #expect(sealed == made.sealed)
        #expect(terms == made.terms)
        #expect(try StoredBlob.header(of: made.blob).chunk == made.chunk)
    }

    @Test func everyFlippedBitIsDamage() throws {
        let made = try make()
        for index in made.blob.indices {
            for bit in 0..<8 {
                var damaged = made.blob
                damaged[index] ^= 1 << UInt8(bit)
                #expect(throws: BlobError.self, "byte \(index) bit \(bit)") { try unwrapAll(damaged, made) }
            }
        }
    }

    @Test func unwrappingAloneNoticesEveryFlippedBit() throws {
        let made = try make()
        for index in made.blob.indices {
            var damaged = made.blob
            damaged[index] ^= 0x10
            #expect(throws: BlobError.self, "byte \(index)") {
                try StoredBlob.unwrap(
                    damaged, expecting: made.chunk, ownershipKey: made.terms.ownershipKey, keys: made.node)
            }
        }
    }

    @Test func everyTruncationIsDamage() throws {
        let made = try make()
        for count in made.blob.indices {
            #expect(throws: BlobError.damaged) { try unwrapAll(Array(made.blob.prefix(count)), made) }
        }
        #expect(throws: BlobError.damaged) { try unwrapAll(made.blob + [0], made) }
    }

    @Test func aNewerFormatIsNamed() throws {
        let made = try make()
        var newer = made.blob
        newer[4] = 2
        #expect(throws: BlobError.newerFormat) { try StoredBlob.header(of: newer) }
    }

    @Test func anotherNodeOpensNothing() throws {
        let made = try make()
        let other = try Fixture.node(Fixture.otherNodeSecret)
        let header = try StoredBlob.header(of: made.blob)
        #expect(throws: BlobError.damaged) { try HoldingTerms.open(header.sealedTerms[...], by: other, key: made.key) }
        #expect(throws: BlobError.damaged) {
            try StoredBlob.unwrap(
                made.blob, expecting: made.chunk, ownershipKey: made.terms.ownershipKey, keys: other)
        }
    }

    @Test func aBlobIsBoundToItsChunkAndOwner() throws {
        let made = try make()
        let otherOwner = try Fixture.owner([UInt8](repeating: 1, count: 32)).ownershipKeys(of: made.chunk).publicPoint
        #expect(throws: BlobError.damaged) {
            try StoredBlob.unwrap(made.blob, expecting: made.chunk, ownershipKey: otherOwner, keys: made.node)
        }
        #expect(throws: BlobError.damaged) {
            try StoredBlob.unwrap(
                made.blob, expecting: Fixture.chunk, ownershipKey: made.terms.ownershipKey, keys: made.node)
        }
        let otherKey = made.node.holdingKey(chunk: made.chunk, ownershipKey: otherOwner)
        #expect(otherKey != made.key)
        let header = try StoredBlob.header(of: made.blob)
        #expect(throws: BlobError.damaged) {
            try HoldingTerms.open(header.sealedTerms[...], by: made.node, key: otherKey)
        }
    }

    @Test func aBlobShowsNeitherContentNorOwnership() throws {
        let made = try make()
        for secret in [
            made.sealed, made.terms.ownershipKey.encoded.bytes, made.terms.retrievalKey.encoded.bytes,
            made.terms.mailbox.value.bytes,
        ] {
            #expect(!made.blob.contains(subsequence: Array(secret.prefix(16))))
        }
    }

    @Test func wrappingTwiceGivesDifferentBytes() throws {
        #expect(try make().blob != make().blob)
    }

    @Test func holdingKeysDependOnTheNode() throws {
        let point = try Fixture.owner().ownershipKeys(of: Fixture.chunk).publicPoint
        let here = try Fixture.node().holdingKey(chunk: Fixture.chunk, ownershipKey: point)
        #expect(try here == Fixture.node().holdingKey(chunk: Fixture.chunk, ownershipKey: point))
        #expect(try here != Fixture.node(Fixture.otherNodeSecret).holdingKey(chunk: Fixture.chunk, ownershipKey: point))
        #expect(try here != Fixture.node().holdingKey(chunk: Fixture.otherChunk, ownershipKey: point))
    }

    @Test func groupTagsTellGroupsApartAndNothingElse() throws {
        let node = try Fixture.node()
        let group = [UInt8](repeating: 1, count: 16)
        #expect(node.groupTag(StoreRequest.noGroup) == nil)
        #expect(node.groupTag(group) == node.groupTag(group))
        #expect(node.groupTag(group) != node.groupTag([UInt8](repeating: 2, count: 16)))
        #expect(try node.groupTag(group) != Fixture.node(Fixture.otherNodeSecret).groupTag(group))
    }
}
