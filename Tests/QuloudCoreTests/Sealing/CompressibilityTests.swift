import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct CompressibilityTests {
    private func mayShrink(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes(Compressibility.mayShrink) }

    @Test func whatLooksRandomIsNotCompressed() {
        for seed: UInt64 in 1...200 {
            #expect(!mayShrink(testBytes(Compressibility.leastCount + Int(seed) * 977, seed: seed)), "seed \(seed)")
        }
    }

    @Test func textAndZerosAre() {
        let text = Array("a holder that keeps its promise is worth more than two which only say so. ".utf8)
        #expect(mayShrink((0..<3000).flatMap { _ in text }))
        #expect(mayShrink([UInt8](repeating: 0, count: SealedChunk.plainSizeMax)))
        #expect(mayShrink([UInt8](repeating: 0, count: Compressibility.leastCount)))
        #expect(mayShrink((0..<300_000).map { UInt8(truncatingIfNeeded: $0) }))
    }

    @Test func anEighthOfTextAmongRandomBytesIsEnough() {
        let random = testBytes(700_000)
        let text = [UInt8](repeating: UInt8(ascii: "t"), count: 100_000)
        for place in [0, 123_456, 600_000] {
            #expect(mayShrink(Array(random[..<place]) + text + random[(place)...]), "at \(place)")
        }
    }

    /// What an earlier version compressed is made again as it was.
    @Test func whatIsNotTriedIsCompressedOnDemand() throws {
        // No two samples see the same bytes.
        let block = testBytes(70_001)
        let repeated = (0..<4).flatMap { _ in block }
        let isTried = mayShrink(repeated)
        #expect(!isTried)
        let keys = try OwnerKeys(root: SecretBytes(copying: [UInt8](repeating: 3, count: 32)))
        let sealer = try ChunkSealer(keys: keys, compressionLevel: 3)
        let fingerprint = repeated.withUnsafeBytes { keys.fingerprint(of: $0) }
        let stored = try sealer.seal(repeated, fingerprint: fingerprint)
        let compressed = try sealer.seal(repeated, fingerprint: fingerprint, compressingAll: true)
        #expect(stored.bytes.count > 280_000)
        #expect(compressed.bytes.count < 80_000)
        #expect(try SealedChunk.open(stored.bytes, ref: stored.ref) == repeated)
        #expect(try SealedChunk.open(compressed.bytes, ref: compressed.ref) == repeated)
    }

    @Test func smallDataIsAlwaysTried() {
        #expect(mayShrink([]))
        #expect(mayShrink(testBytes(Compressibility.leastCount - 1)))
    }
}
