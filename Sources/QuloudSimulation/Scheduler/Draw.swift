import QuloudCore
import Synchronization

/// Reproducible choices: SplitMix64. Each part of a world draws from a stream of its own.
struct Draw: Sendable {
    private var word: UInt64

    init(seed: UInt64, stream: UInt64) {
        word = seed &* 0x9E37_79B9_7F4A_7C15 ^ stream &* 0xD1B5_4A32_D192_ED03
        _ = next()
        _ = next()
    }

    mutating func next() -> UInt64 {
        word &+= 0x9E37_79B9_7F4A_7C15
        var mixed = word
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in `0 ..< count`, up to a bias too small to matter here; 0 for nothing to choose from.
    mutating func index(_ count: Int) -> Int { count > 1 ? Int(next() % UInt64(count)) : 0 }
    mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + index(range.count) }
    /// Uniform in `0 ..< 1`.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func chance(_ probability: Double) -> Bool { probability > 0 && unit() < probability }
    mutating func one<Element>(of choices: [Element]) -> Element? {
        choices.isEmpty ? nil : choices[index(choices.count)]
    }
    mutating func one<Element>(weighted choices: [(Element, Int)]) -> Element? {
        var left = index(choices.reduce(0) { $0 + $1.1 })
        for (choice, weight) in choices {
            if left < weight { return choice }
            left -= weight
        }
        return nil
    }
    /// Between these, in milliseconds.
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(int(range)) }
    mutating func seconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(int(range) * 1000 + index(1000)) }
}

/// A stream that several parties draw from.
final class SharedDraw: Sendable {
    private let draw: Mutex<Draw>
    init(seed: UInt64, stream: UInt64) { draw = Mutex(Draw(seed: seed, stream: stream)) }
    func callAsFunction<Value>(_ body: (inout Draw) -> Value) -> Value {
        draw.withLock { draw in body(&draw) }
    }
}
