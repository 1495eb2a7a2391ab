internal import QuloudCore
import Synchronization

/// Reproducible randomness: xoshiro256** filled from one seed. For tests only.
package final class SeededEntropy: Entropy {
    private let state: Mutex<(UInt64, UInt64, UInt64, UInt64)>

    /// The same seed gives the same bytes in the same order of calls.
    package init(seed: UInt64) {
        // SplitMix64 spreads even a small seed over all four words.
        var words = SplitMix(seed)
        state = Mutex((words.next(), words.next(), words.next(), words.next()))
    }

    package func bytes(_ count: Int) -> [UInt8] {
        state.withLock { state in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count + 7)
            while bytes.count < count {
                let word = Self.next(&state)
                for shift in stride(from: UInt64(56), through: 0, by: -8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> shift))
                }
            }
            bytes.removeLast(bytes.count - max(count, 0))
            return bytes
        }
    }

    private static func next(_ state: inout (UInt64, UInt64, UInt64, UInt64)) -> UInt64 {
        func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }
}

extension SeededEntropy {
    /// Uniform in `range`, up to a bias too small to matter in a test.
    package func int(in range: Range<Int>) -> Int {
        range.lowerBound + Int(uint64() % UInt64(range.count))
    }
}
