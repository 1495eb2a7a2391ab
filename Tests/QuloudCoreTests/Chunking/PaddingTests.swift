import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct PaddingTests {
    @Test func neverShrinksAndNeverCostsMuch() {
        var previous = 0
        for count in (0..<3000).map({ $0 * 331 }) + Array(0..<300) {
            let padded = Padding.padded(count)
            #expect(padded >= count)
            #expect(Double(padded) <= Double(count) * 1.12 + 1)
            #expect(Padding.padded(padded) == padded, "a size class is its own")
        }
        for count in 0..<20_000 {
            let padded = Padding.padded(count)
            #expect(padded >= previous)
            previous = padded
        }
    }

    @Test func sizeClassesAreFew() {
        let classes = Set((1...SealedChunk.plainSizeMax / 64).map { Padding.padded($0 * 64) })
        #expect(classes.count < 500)
    }

    @Test func whatIsNegativeIsEmpty() { #expect(Padding.padded(-5) == 0) }
}
