/// Every bound of the protocol in one place. Sizes are bytes.
package enum Limits {
    /// A sealed chunk with its NATS headers fits the default `max_payload` (1 MiB) of every server.
    package static let sealedChunkSizeMax = 960 * 1024
    /// Any control message but an answer that carries a sealed chunk.
    package static let messageSizeMax = 512 * 1024
    package static let quorumMax = 8
    package static let lanes = 8
    /// Node ids that a store request may exclude.
    package static let excludedMax = 64
    /// Chunks named by one challenge, renewal, release or location request.
    package static let batchMax = 1024
    package static let labelSizeMax = 64
    package static let headSizeMax = 4096
    /// Owners that a holder keeps one and the same chunk for. Each costs whoever asks for the chunk a check of a proof.
    package static let claimsPerChunkMax = 16
    /// Heads that a holder keeps, one per owner.
    package static let headsPerHolderMax = 10_000
    /// A request is good for this long at most; holders remember nonces as long.
    package static let requestValidity: Duration = .seconds(300)
    /// Clocks may differ by this much.
    package static let clockSkew: Duration = .seconds(120)
    package static let nameSizeMax = 4096
    package static let pathSizeMax = 1 << 16
    package static let xattrValueSizeMax = 64 * 1024
    package static let xattrsPerEntryMax = 1024
}
