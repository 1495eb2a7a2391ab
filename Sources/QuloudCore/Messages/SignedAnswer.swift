import QuloudCrypto

/// What a node signs under an answer: what kind of answer it is, the hash of the whole request that it answers, and the
/// hash of the answer's own bytes.
enum SignedAnswer {
    static func transcript(domain: String, request: Bytes32, body: [UInt8]) -> [UInt8] {
        var writer = WireWriter(capacity: 128)
        writer.put(short: domain.utf8)
        writer.put(request)
        writer.put(SHA256.hash(body))
        return writer.bytes
    }
}
