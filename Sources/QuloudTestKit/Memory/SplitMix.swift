/// SplitMix64: a small reproducible generator, and the mixing that it is made of. For tests only.
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var word: UInt64

    package init(_ seed: UInt64) { word = seed }

    package mutating func next() -> UInt64 {
        defer { word &+= 0x9E37_79B9_7F4A_7C15 }
        return Self.mixed(word)
    }

    /// Spreads every bit over the whole word.
    package static func mixed(_ word: UInt64) -> UInt64 {
        var mixed = word &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
