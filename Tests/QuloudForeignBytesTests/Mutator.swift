import QuloudTestKit

/// Changes inputs a little, always in the same way for one seed.
struct Mutator {
    private let entropy: SeededEntropy

    init(seed: UInt64) { entropy = SeededEntropy(seed: seed) }

    func pick<Element>(_ all: [Element]) -> Element { all[entropy.int(in: 0..<all.count)] }

    /// One to four changes of `sample`; `other` lends its bytes.
    func mutated(_ sample: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = sample
        for _ in 0..<entropy.int(in: 1..<5) { change(&bytes, other) }
        return bytes
    }

    private func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        let place = entropy.int(in: 0..<bytes.count + 1)
        switch entropy.int(in: 0..<7) {
        case 0: bytes.insert(interesting, at: place)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + entropy.int(in: 1..<9)))
        case 2: bytes.replaceSubrange(place..<min(bytes.count, place + 4), with: (0..<4).map { _ in interesting })
        case 3: bytes.insert(contentsOf: bytes[place...].prefix(64), at: place)
        case 4: bytes = bytes[..<place] + other.suffix(entropy.int(in: 0..<other.count + 1))
        case 5 where place < bytes.count: bytes[place] ^= 1 << UInt8(entropy.int(in: 0..<8))
        default: if place < bytes.count { bytes[place] = UInt8(entropy.int(in: 0..<256)) }
        }
    }

    private var interesting: UInt8 { pick([0, 1, 0x7F, 0x80, 0xFF, 0x20, 0x2E, 0x2F, 0x0A, 0x39]) }
}
