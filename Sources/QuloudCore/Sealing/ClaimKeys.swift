import QuloudCrypto

/// A per-chunk key pair of the owner: `r, R` for fetching or `o, O` for owning.
package struct ClaimKeys: Sendable {
    package let secret: Scalar
    package let publicPoint: Point

    package init(secret: Scalar) throws(CryptoError) {
        self.secret = secret
        publicPoint = try Point.base(times: secret)
    }

    /// An encoded Schnorr proof of knowing the secret, bound to domain and transcript.
    func prove(domain: String, transcript: [UInt8], entropy: any Entropy) throws(CryptoError) -> [UInt8] {
        try Schnorr.prove(
            secret: secret, publicPoint: publicPoint, domain: domain, transcript: transcript, hedge: entropy.bytes(32)
        ).encoded
    }
}
