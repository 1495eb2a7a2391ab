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
    }

    @Test func anEighthOfTextAmongRandomBytesIsEnough() {
        let random = testBytes(700_000)
        let text = [UInt8](repeating: UInt8(ascii: "t"), count: 100_000)
        for place in [0, 123_456, 600_000] {
            #expect(mayShrink(Array(random[..<place]) + text + random[(place)...]), "at \(place)")
        }
    }

    @Test func smallDataIsAlwaysTried() {
        #expect(mayShrink([]))
        #expect(mayShrink(testBytes(Compressibility.leastCount - 1)))
    }
}
