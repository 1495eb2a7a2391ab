import QuloudCrypto
import Testing

/// FIPS 180-4's examples.
@Suite struct SHA256Tests {
    static let vectors = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: vectors)
    func matchesThePublishedDigests(text: String, digest: String) throws {
        let bytes = Array(text.utf8)
        let expected = try bytes32(digest)
        #expect(SHA256.hash(bytes) == expected)
        #expect(bytes.withUnsafeBytes { SHA256.hash($0) } == expected)
        #expect(SHA256.hash(parts: bytes) == expected)
    }

    @Test func partsHashLikeTheirConcatenation() throws {
        let whole = SHA256.hash(Array("abc".utf8))
        #expect(SHA256.hash(parts: "a", [UInt8](), [UInt8(ascii: "b")], "c") == whole)
        var hasher = SHA256Hasher()
        hasher.update("ab")
        hasher.update([UInt8(ascii: "c")][...])
        #expect(hasher.finalize() == whole)
    }
}
