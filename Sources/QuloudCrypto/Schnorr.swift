/// A non-interactive proof of knowing x for a public P = x·G, by Schnorr's protocol over ristretto255 with strong
/// Fiat–Shamir: the challenge hashes everything that the proof is about.
///
///     c = reduce(BLAKE2b-512(lp("quloud/v1/schnorr") ‖ G ‖ P ‖ R ‖ lp(domain) ‖ lp(transcript)))
///     R = k·G,  s = k + c·x;  verified as  s·G = R + c·P        lp(x) = four-byte big-endian length ‖ x
package enum Schnorr {
    /// The commitment R and the response s.
    package struct Proof: Hashable, Sendable {
        /// The encoding of R.
        package let commitment: Bytes32
        /// The scalar s, little-endian.
        package let response: Bytes32

        /// From its two halves, unchecked; `verify` checks them.
        package init(commitment: Bytes32, response: Bytes32) {
            self.commitment = commitment
            self.response = response
        }

        /// From 64 bytes, commitment first; nil for any other length.
        package init?(encoded: some Collection<UInt8>) {
            guard encoded.count == 64, let commitment = Bytes32(encoded.prefix(32)),
                let response = Bytes32(encoded.suffix(32))
            else { return nil }
            self.init(commitment: commitment, response: response)
        }

        /// 64 bytes, commitment first.
        package var encoded: [UInt8] { commitment.bytes + response.bytes }
    }

    /// Proves knowledge of `secret`. The nonce is hedged: derived from the secret, the statement and `hedge`, so that
    /// neither a broken random source nor a repeated statement gives the secret away.
    /// - Parameter hedge: 32 fresh random bytes.
    /// - Throws: `outOfRange` for a hedge of another length, `malformedScalar` for the zero secret.
    package static func prove(
        secret: Scalar, publicPoint: Point, domain: String, transcript: [UInt8], hedge: [UInt8]
    ) throws(CryptoError) -> Proof {
        guard hedge.count == 32 else { throw .outOfRange }
        guard !secret.isZero else { throw .malformedScalar }
        let nonceParts = LengthPrefix.join([publicPoint, domain, transcript, hedge])
        let wide = BLAKE2b.secretHash([nonceParts], key: secret.secret, personal: "quloud/v1/nonce", count: 64)
        let nonce = try Scalar(reducing64: wide)
        let commitment = try Point.base(times: nonce).encoded
        let challenge = try challenge(publicPoint, commitment: commitment, domain: domain, transcript: transcript)
        let response = nonce.adding(challenge.multiplied(by: secret))
        // The nonce hides the secret in the response, so this may leave guarded memory.
        let published = response.secret.withUnsafeBytes { raw in Bytes32 { $0.copyMemory(from: raw) } }
        return Proof(commitment: commitment, response: published)
    }

    /// Whether the proof holds for exactly this point, domain and transcript. Non-canonical scalars, invalid points
    /// and the identity give false, never a trap.
    package static func verify(_ proof: Proof, publicPoint: Point, domain: String, transcript: [UInt8]) -> Bool {
        do throws(CryptoError) {
            let commitment = try Point(validating: proof.commitment)
            let response = try Scalar(canonical: proof.response)
            let challenge = try challenge(
                publicPoint, commitment: proof.commitment, domain: domain, transcript: transcript)
            let expected = try commitment.plus(publicPoint.times(challenge))
            return try Point.base(times: response) == expected
        } catch {
            return false
        }
    }

    private static func challenge(
        _ publicPoint: Point, commitment: Bytes32, domain: String, transcript: [UInt8]
    ) throws(CryptoError) -> Scalar {
        var hasher = BLAKE2bHasher(key: nil, personal: nil, count: 64)
        hasher.updateField("quloud/v1/schnorr")
        hasher.update(Point.generator)
        hasher.update(publicPoint)
        hasher.update(commitment)
        hasher.updateField(domain)
        hasher.updateField(transcript)
        var wide = [UInt8](repeating: 0, count: 64)
        wide.withUnsafeMutableBytes { hasher.write(to: $0) }
        return try Scalar(reducing64: wide)
    }
}
