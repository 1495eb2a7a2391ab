import QuloudCrypto
import Testing

/// RFC 8032, section 7.1, tests 1 to 3.
@Suite struct Ed25519Tests {
    struct Vector: Sendable {
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: """
                e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
                5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
                """),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: """
                92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
                085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
                """),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: """
                6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
                18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
                """),
    ]

    @Test(arguments: vectors)
    func matchesThePublishedSignatures(vector: Vector) throws {
        let pair = try Ed25519.KeyPair(seed: secret(vector.seed))
        let message = try hex(vector.message)
        let signature = try hex(vector.signature)
        #expect(pair.publicKey == (try bytes32(vector.publicKey)))
        #expect(pair.sign(message) == signature)
        #expect(Ed25519.verify(signature: signature, message: message, publicKey: pair.publicKey))
    }

    @Test func everythingElseIsRefused() throws {
        let pair = try Ed25519.KeyPair.generate()
        let message = Array("receipt".utf8)
        let signature = pair.sign(message)
        for index in signature.indices {
            let forged = flipped(signature, at: index)
            #expect(!Ed25519.verify(signature: forged, message: message, publicKey: pair.publicKey))
        }
        #expect(!Ed25519.verify(signature: signature, message: flipped(message, at: 0), publicKey: pair.publicKey))
        let stranger = try Ed25519.KeyPair.generate().publicKey
        #expect(!Ed25519.verify(signature: signature, message: message, publicKey: stranger))
        #expect(!Ed25519.verify(signature: signature.dropLast(), message: message, publicKey: pair.publicKey))
        #expect(!Ed25519.verify(signature: [UInt8](), message: message, publicKey: pair.publicKey))
    }

    /// S + L is the same number modulo L; accepting it would let a signature be changed.
    @Test func aNonCanonicalSignatureIsRefused() throws {
        let pair = try Ed25519.KeyPair.generate()
        let signature = pair.sign("receipt")
        let forged = Array(signature.prefix(32)) + addingGroupOrder(Array(signature.suffix(32)))
        #expect(!Ed25519.verify(signature: forged, message: "receipt", publicKey: pair.publicKey))
    }

    /// Under the key of order one, an all-zero signature would fit any message.
    @Test func aPublicKeyOfSmallOrderIsRefused() throws {
        var one = [UInt8](repeating: 0, count: 32)
        one[0] = 1
        let key = try #require(Bytes32(one))
        #expect(!Ed25519.verify(signature: one + [UInt8](repeating: 0, count: 32), message: "any", publicKey: key))
        #expect(!Ed25519.verify(signature: [UInt8](repeating: 0, count: 64), message: "any", publicKey: Bytes32()))
    }

    @Test func seedsOfOtherLengthsAreRefused() {
        #expect(throws: CryptoError.malformedKey) { try Ed25519.KeyPair(seed: SecretBytes(random: 31)) }
    }
}
