import QuloudCrypto
import Testing

@Suite struct SecretBytesTests {
    struct Holder {
        let key: SecretBytes
    }

    @Test func noDescriptionShowsTheBytes() throws {
        let key = SecretBytes(copying: Array("quloud-secret-material-quloud!!!".utf8))
        var dumped = ""
        dump(Holder(key: key), to: &dumped)
        let texts = ["\(key)", String(describing: key), String(reflecting: key), "\(Holder(key: key))", dumped]
        let scalar = try Scalar(reducing64: [UInt8](repeating: 0x61, count: 64))
        for text in texts + ["\(scalar)", "\(try Ed25519.KeyPair(seed: key))"] {
            #expect(text.contains("<secret>"))
            #expect(!text.contains("material"))
            #expect(!text.contains("6d6174"))
            #expect(!text.contains("109, 97, 116"))
            #expect(!text.contains("97, 97"))
        }
    }

    @Test func comparesByContentAndLength() {
        let key = SecretBytes(copying: [1, 2, 3])
        #expect(key.constantTimeEquals([1, 2, 3] as [UInt8]))
        #expect(key.constantTimeEquals(SecretBytes(copying: [1, 2, 3])))
        #expect(!key.constantTimeEquals([1, 2, 4] as [UInt8]))
        #expect(!key.constantTimeEquals([1, 2] as [UInt8]))
        #expect(!key.constantTimeEquals([1, 2, 3, 0] as [UInt8]))
    }

    @Test func wipingEmptiesTheSource() {
        var source: [UInt8] = [1, 2, 3]
        let key = SecretBytes(wiping: &source)
        #expect(source.isEmpty)
        #expect(reveal(key) == [1, 2, 3])
    }

    @Test func randomSecretsDiffer() {
        let key = SecretBytes(random: 32)
        #expect(key.count == 32)
        #expect(!key.constantTimeEquals(SecretBytes(random: 32)))
    }

    @Test func fillingStartsFromZerosAndPassesErrorsOn() {
        #expect(reveal(SecretBytes(count: 40) { _ in }) == [UInt8](repeating: 0, count: 40))
        #expect(throws: CryptoError.outOfRange) {
            try SecretBytes(count: 8) { (_) throws(CryptoError) in throw .outOfRange }
        }
    }

    @Test func secretsSideBySideKeepTheirBytes() {
        let sizes = [0, 1, 31, 32, 63, 64, 65, 4096]
        var kept: [(SecretBytes, [UInt8])] = []
        for round in 0..<600 {
            let bytes = RandomSource.bytes(sizes[round % sizes.count])
            kept.append((SecretBytes(copying: bytes), bytes))
            if round % 3 == 0 { kept.remove(at: round % kept.count) }
        }
        #expect(kept.allSatisfy { reveal($0) == $1 })
    }

    @Test func freedMemoryIsZeroBeforeItIsUsedAgain() {
        for _ in 0..<1000 {
            _ = SecretBytes(copying: [UInt8](repeating: 0xff, count: 64))
            #expect(reveal(SecretBytes(count: 64) { _ in }) == [UInt8](repeating: 0, count: 64))
        }
    }

    @Test func emptySecretsWork() {
        let empty = SecretBytes(copying: [UInt8]())
        #expect(empty.constantTimeEquals(SecretBytes(random: 0)))
    }
}
