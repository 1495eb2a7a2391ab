import QuloudCrypto
import Testing

@Suite struct SchnorrTests {
    let secret: Scalar
    let point: Point
    let proof: Schnorr.Proof
    let domain = "quloud/v1/test"
    let transcript = Array("transcript".utf8)
    let hedge = [UInt8](repeating: 7, count: 32)

    init() throws {
        secret = try Scalar(reducing64: BLAKE2b.hash(Array(UInt8(0)..<64), count: 64))
        point = try Point.base(times: secret)
        proof = try Schnorr.prove(
            secret: secret, publicPoint: point, domain: domain, transcript: transcript, hedge: hedge)
    }

    func verifies(
        _ proof: Schnorr.Proof, point: Point? = nil, domain: String? = nil, transcript: [UInt8]? = nil
    ) -> Bool {
        Schnorr.verify(
            proof, publicPoint: point ?? self.point, domain: domain ?? self.domain,
            transcript: transcript ?? self.transcript)
    }

    /// Calculated by a second implementation, written from the formulas in another language.
    @Test func matchesTheProjectsVector() {
        #expect(point.encoded.hex == "d274ab49a97ea1a7fad035b460db777f44d28696b7e3cb544e9b9781a4f3465a")
        #expect(proof.commitment.hex == "c699719892dcc02470e8b3c15842cddbaf6ece5ee9640eafdb78a90de068583d")
        #expect(proof.response.hex == "784a355c0dd5bc7690d58b5955892cdc160b12e7f681130fde209d2886733c0e")
        #expect(verifies(proof))
    }

    @Test func encodesAs64Bytes() throws {
        #expect(proof.encoded.count == 64)
        #expect(Schnorr.Proof(encoded: proof.encoded) == proof)
        #expect(Schnorr.Proof(encoded: proof.encoded.dropLast()) == nil)
        #expect(Schnorr.Proof(encoded: proof.encoded + [0]) == nil)
    }

    @Test func anotherStatementIsRefused() throws {
        #expect(!verifies(proof, point: .generator))
        #expect(!verifies(proof, domain: "quloud/v1/tests"))
        #expect(!verifies(proof, domain: ""))
        #expect(!verifies(proof, transcript: Array("Transcript".utf8)))
        #expect(!verifies(proof, transcript: []))
        // The border between domain and transcript counts.
        #expect(!verifies(proof, domain: domain + "t", transcript: Array("ranscript".utf8)))
    }

    @Test func everyChangedBitIsRefused() throws {
        for index in 0..<64 {
            let forged = try #require(Schnorr.Proof(encoded: flipped(proof.encoded, at: index)))
            #expect(!verifies(forged))
        }
    }

    @Test func nonCanonicalResponsesAreRefused() throws {
        let response = try #require(Bytes32(addingGroupOrder(proof.response.bytes)))
        #expect(!verifies(Schnorr.Proof(commitment: proof.commitment, response: response)))
    }

    @Test func identityZeroAndRubbishAreRefused() throws {
        let ones = try #require(Bytes32([UInt8](repeating: 255, count: 32)))
        for commitment in [Bytes32(), ones] {
            for response in [Bytes32(), ones, proof.response] {
                #expect(!verifies(Schnorr.Proof(commitment: commitment, response: response)))
            }
        }
        #expect(!verifies(Schnorr.Proof(commitment: proof.commitment, response: Bytes32())))
    }

    @Test func anotherSecretCannotProve() throws {
        let forged = try Schnorr.prove(
            secret: .random(), publicPoint: point, domain: domain, transcript: transcript, hedge: hedge)
        #expect(!verifies(forged))
    }

    @Test func anotherHedgeGivesAnotherValidProof() throws {
        let other = try Schnorr.prove(
            secret: secret, publicPoint: point, domain: domain, transcript: transcript,
            hedge: RandomSource.bytes(32))
        #expect(other.commitment != proof.commitment)
        #expect(verifies(other))
    }

    @Test func badInputsAreErrors() throws {
        #expect(throws: CryptoError.outOfRange) {
            try Schnorr.prove(secret: secret, publicPoint: point, domain: domain, transcript: [], hedge: [])
        }
        #expect(throws: CryptoError.malformedScalar) {
            try Schnorr.prove(
                secret: scalar(0), publicPoint: point, domain: domain, transcript: [], hedge: hedge)
        }
    }
}
