import QuloudCrypto
import Testing

/// The 256-bit English vectors published with BIP-39.
@Suite struct RecoveryWordsTests {
    static let vectors = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            """
            abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon
            abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art
            """
        ),
        (
            "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
            """
            legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal
            winner thank year wave sausage worth title
            """
        ),
        (
            "8080808080808080808080808080808080808080808080808080808080808080",
            """
            letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic
            avoid letter advice cage absurd amount doctor acoustic bless
            """
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            """
            zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote
            """
        ),
        (
            "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
            """
            hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis
            maple dilemma loan word shrug inflict delay length
            """
        ),
        (
            "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
            """
            panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich alcohol speed nation
            flash devote level hobby quick inner drive ghost inside
            """
        ),
        (
            "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
            """
            all hour make first leader extend hole alien behind guard gospel lava path output census museum junior
            mass reopen famous sing advance salt reform
            """
        ),
        (
            "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
            """
            void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol
            group space point ten exist slush involve unfold
            """
        ),
    ]

    @Test(arguments: vectors)
    func matchesThePublishedVectors(entropy: String, sentence: String) throws {
        let words = sentence.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(try RecoveryWords.encode(secret(entropy)) == words)
        #expect(reveal(try RecoveryWords.decode(words)) == (try hex(entropy)))
        #expect(reveal(try RecoveryWords.decode(words.map { $0.uppercased() })) == (try hex(entropy)))
    }

    @Test func randomSecretsRoundTrip() throws {
        for _ in 0..<50 {
            let key = SecretBytes(random: 32)
            #expect(try RecoveryWords.decode(RecoveryWords.encode(key)).constantTimeEquals(key))
        }
    }

    @Test(arguments: [
        ("acces", "access"), ("letetr", "letter"), ("advise", "advice"), ("absrd", "absurd"), ("doctors", "doctor"),
        ("avoidance", "avoid"), ("xoo", "zoo"),
    ])
    func anUnknownWordIsNamedByPositionWithItsNeighbours(typed: String, meant: String) throws {
        var words = try RecoveryWords.encode(SecretBytes(copying: [UInt8](repeating: 0x80, count: 32)))
        words[6] = typed
        let error = try #require(throws: RecoveryWordsError.self) { try RecoveryWords.decode(words) }
        guard case .unknownWord(position: 7, let nearest) = error else {
            Issue.record("unexpected \(error)")
            return
        }
        #expect(nearest.contains(meant))
        #expect(nearest.count <= 3)
        #expect("\(error)".contains("word 7 "))
    }

    @Test(arguments: ["", "qqqqqqqq", "żółw", String(repeating: "zebra", count: 100_000)])
    func strangeWordsAreNamedWithoutBeingRepeated(typed: String) throws {
        var words = [String](repeating: "zoo", count: 24)
        words[23] = typed
        let error = try #require(throws: RecoveryWordsError.self) { try RecoveryWords.decode(words) }
        guard case .unknownWord(position: 24, let nearest) = error else {
            Issue.record("unexpected \(error)")
            return
        }
        #expect(nearest.count <= 3)
        #expect("\(error)".count < 120)
    }

    @Test func wrongCountsAndChecksumsAreNamed() throws {
        #expect(throws: RecoveryWordsError.wrongCount(0)) { try RecoveryWords.decode([]) }
        #expect(throws: RecoveryWordsError.wrongCount(23)) {
            try RecoveryWords.decode([String](repeating: "zoo", count: 23))
        }
        var words = try RecoveryWords.encode(secret(Self.vectors[5].0))
        words.swapAt(0, 1)
        #expect(throws: RecoveryWordsError.wrongChecksum) { try RecoveryWords.decode(words) }
        #expect(throws: RecoveryWordsError.wrongChecksum) {
            try RecoveryWords.decode([String](repeating: "zoo", count: 24))
        }
        #expect("\(RecoveryWordsError.wrongChecksum)".contains("checksum"))
    }

    @Test func secretsOfOtherLengthsHaveNoWords() {
        #expect(throws: CryptoError.malformedKey) { try RecoveryWords.encode(SecretBytes(random: 16)) }
    }
}
