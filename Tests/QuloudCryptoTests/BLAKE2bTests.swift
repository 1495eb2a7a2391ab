import QuloudCrypto
import Testing

@Suite struct BLAKE2bTests {
    @Test func matchesRFC7693() throws {
        let expected = try hex(
            """
            ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
            7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
            """)
        #expect(BLAKE2b.hash("abc", count: 64) == expected)
        #expect(BLAKE2b.hash(["a", [UInt8(ascii: "b")], "c"], count: 64) == expected)
    }

    /// The fourth keyed vector of BLAKE2's reference set.
    @Test func matchesTheKeyedReferenceVector() throws {
        let key = SecretBytes(copying: Array(0..<64))
        let expected = try hex(
            """
            33d0825dddf7ada99b0e7e307104ad07ca9cfd9692214f1561356315e784f3e5
            a17e364ae9dbb14cb2036df932b77f4b292761365fb328de7afdc6d8998f5fc1
            """)
        #expect(BLAKE2b.hash([0, 1, 2] as [UInt8], key: key, count: 64) == expected)
    }

    @Test func derivesLikeKeyedPersonalBLAKE2b() throws {
        let key = SecretBytes(copying: Array(0..<32))
        let derived = KDF.derive(from: key, purpose: "quloud/v1/test", context: Array("context".utf8))
        #expect(reveal(derived) == (try hex("90de5376547821325912e82749240af768ba22335a17d496daf1a6f71c62c9d2")))
        #expect(BLAKE2b.hash("context", key: key, personal: "quloud/v1/test") == reveal(derived))
    }

    @Test func everyInputChangesTheDerivedKey() {
        let key = SecretBytes(copying: Array(0..<32))
        let other = SecretBytes(copying: Array(1..<33))
        let derived = [
            KDF.derive(from: key, purpose: "a", fields: ["b", "c"]),
            KDF.derive(from: other, purpose: "a", fields: ["b", "c"]),
            KDF.derive(from: key, purpose: "b", fields: ["b", "c"]),
            KDF.derive(from: key, purpose: "a", fields: ["bc", ""]),
            KDF.derive(from: key, purpose: "a", fields: ["bc"]),
            KDF.derive(from: key, purpose: "a", fields: ["b", "c"], count: 64),
        ]
        #expect(Set(derived.map { Hex.encode(reveal($0).prefix(32)) }).count == derived.count)
        #expect(derived.map(\.count) == [32, 32, 32, 32, 32, 64])
    }

    @Test func lengthPrefixesAreFourBytesBigEndian() {
        #expect(
            LengthPrefix.join(["ab", [UInt8](repeating: 7, count: 256)]).prefix(10) == [0, 0, 0, 2, 97, 98, 0, 0, 1, 0])
    }
}
