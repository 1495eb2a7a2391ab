import QuloudCrypto
import Testing

/// RFC 4231's test cases (the fifth is truncated and left out).
@Suite struct HMACSHA256Tests {
    struct Vector: Sendable {
        let key: [UInt8]
        let data: [UInt8]
        let tag: String
    }

    static let vectors = [
        Vector(
            key: [UInt8](repeating: 0x0b, count: 20), data: Array("Hi There".utf8),
            tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            key: Array("Jefe".utf8), data: Array("what do ya want for nothing?".utf8),
            tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            key: [UInt8](repeating: 0xaa, count: 20), data: [UInt8](repeating: 0xdd, count: 50),
            tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            key: Array(1...25), data: [UInt8](repeating: 0xcd, count: 50),
            tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Vector(
            key: [UInt8](repeating: 0xaa, count: 131),
            data: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            key: [UInt8](repeating: 0xaa, count: 131),
            data: Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. \
                The key needs to be hashed before being used by the HMAC algorithm.
                """.utf8),
            tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test(arguments: vectors)
    func matchesThePublishedTags(vector: Vector) throws {
        let tag = try bytes32(vector.tag)
        #expect(HMACSHA256.authenticate(key: vector.key, parts: vector.data) == tag)
        let parts: [any ByteView] = [vector.data.prefix(3), vector.data.dropFirst(3)]
        #expect(HMACSHA256.authenticate(key: SecretBytes(copying: vector.key), parts: parts) == tag)
        #expect(HMACSHA256.verify(tag, key: vector.key, parts: parts))
        #expect(!HMACSHA256.verify(tag, key: vector.key + [1], parts: parts))
        #expect(!HMACSHA256.verify(tag, key: vector.key, parts: parts + [[0] as [UInt8]]))
    }

    @Test func anEmptyKeyIsAKeyOfItsOwn() throws {
        let expected = try bytes32("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(HMACSHA256.authenticate(key: [UInt8](), parts: [UInt8]()) == expected)
    }

    @Test func bytes32AndSecretKeysAgree() throws {
        let key = RandomSource.bytes32()
        let tag = HMACSHA256.authenticate(key: key, parts: "quloud/v1/test", key)
        #expect(HMACSHA256.authenticate(key: SecretBytes(copying: key), parts: "quloud/v1/test", key.bytes) == tag)
    }
}
