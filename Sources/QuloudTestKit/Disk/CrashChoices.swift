/// One choice of what a power cut makes of the undecided effects, by their position.
package enum CrashChoice: Sendable, Hashable {
    case all(DiskFate)
    /// One effect has another fate than the rest.
    case one(Int, DiskFate, rest: DiskFate)
    /// Effects whose bit is set are kept, the others lost.
    case subset(UInt64)
    /// Kept or lost by lot.
    case drawn(UInt64)

    package func fate(of position: Int) -> DiskFate {
        switch self {
        case .all(let fate): fate
        case .one(let one, let fate, let rest): position == one ? fate : rest
        case .subset(let bits): bits >> UInt64(position) & 1 == 1 ? .kept : .lost
        case .drawn(let seed): SplitMix.mixed(seed &+ UInt64(position)) & 1 == 1 ? .kept : .lost
        }
    }
}

/// What a power cut may make of a number of undecided effects: every combination of kept and lost while there are few, and
/// a choice of them where there are many; besides, torn and empty writes one at a time.
package struct CrashChoices: Sendable {
    /// Up to this many effects, every subset is made.
    package static let exhaustiveMax = 10

    /// All lost comes first, then all kept.
    package let choices: [CrashChoice]
    /// Whether every subset of kept and lost is among them.
    package let isExhaustive: Bool

    /// - Parameters:
    ///   - lastIsNew: without those that lose the last effect, which were possible before it was made.
    ///   - sampleSize: subsets drawn from `generator` where there are too many for all.
    package init(
        for effects: [DiskEffect], lastIsNew: Bool = false, sampleSize: Int = 64,
        using generator: inout some RandomNumberGenerator
    ) {
        let count = effects.count
        isExhaustive = count <= Self.exhaustiveMax
        var made: [CrashChoice] = [.all(.lost)]
        if count > 0 { made.append(.all(.kept)) }
        if isExhaustive {
            made += (1..<max(1, 1 << UInt64(count) - 1)).map { .subset($0) }
        } else {
            for index in 0..<count {
                made += [.one(index, .lost, rest: .kept), .one(index, .kept, rest: .lost)]
            }
            made += (0..<sampleSize).map { _ in .drawn(generator.next()) }
        }
        for (index, effect) in effects.enumerated() {
            for fate in Self.tears(of: effect) {
                made += [.one(index, fate, rest: .kept), .one(index, fate, rest: .lost)]
            }
        }
        choices = lastIsNew ? made.filter { $0.fate(of: count - 1) != .lost } : made
    }

    /// The first part, the last part, every other sector, and the size alone.
    private static func tears(of effect: DiskEffect) -> [DiskFate] {
        guard case .write(_, let offset, let bytes) = effect else { return [] }
        var fates: [DiskFate] = [.sizeOnly]
        for sector in [512, 4096] {
            let first = offset / sector
            let sectors = (offset + bytes.count - 1) / sector - first + 1
            guard sectors > 1 else { continue }
            let half = (0..<max(1, min(sectors / 2, 63))).reduce(UInt64(0)) { $0 | 1 << UInt64((first + $1) % 64) }
            fates += [half, ~half, 0x5555_5555_5555_5555].map { .torn(sector: sector, mask: $0) }
        }
        return fates
    }
}
