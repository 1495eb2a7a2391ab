/// Chooses what a power cut leaves. The fate of an effect follows from the draw and from the effect itself, so that the
/// order in which threads made their calls does not matter.
struct DiskFateDraw {
    private enum Mood: CaseIterable { case mixed, torn, allLost, allKept }

    private let salt: UInt64
    private let mood: Mood

    init(_ generator: inout some RandomNumberGenerator) {
        salt = generator.next()
        mood = Mood.allCases.randomElement(using: &generator) ?? .mixed
    }

    func fates(of effects: [DiskEffect]) -> [DiskFate] {
        var seen: [UInt64: UInt64] = [:]
        return effects.map { effect in
            let digest = Self.digest(effect)
            let occurrence = seen[digest, default: 0]
            seen[digest] = occurrence + 1
            return fate(of: effect, SplitMix.mixed(salt ^ SplitMix.mixed(digest &+ occurrence)))
        }
    }

    private func fate(of effect: DiskEffect, _ draw: UInt64) -> DiskFate {
        switch mood {
        case .allLost: return .lost
        case .allKept: return .kept
        case .mixed, .torn:
            guard case .write = effect, draw % 8 < (mood == .torn ? 6 : 2) else {
                return draw >> 8 & 1 == 0 ? .kept : .lost
            }
            if draw >> 9 % 8 == 0 { return .sizeOnly }
            return .torn(sector: draw >> 12 & 1 == 0 ? 512 : 4096, mask: SplitMix.mixed(draw))
        }
    }

    /// Without numbers of files, and without the random part of temporary names.
    private static func digest(_ effect: DiskEffect) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        switch effect {
        case .write(_, let offset, let bytes):
            add("w \(offset) \(bytes.count) ".utf8)
            add(bytes.prefix(32))
            add(bytes.suffix(32))
        case .resize(_, let size): add("s \(size)".utf8)
        case .mode(_, let mode): add("m \(mode)".utf8)
        case .names(let names):
            for name in names {
                let isTemporary = name.name.first == UInt8(ascii: ".")
                let end = isTemporary ? name.name.lastIndex(of: UInt8(ascii: "-")) : nil
                add(name.name[..<(end ?? name.name.endIndex)])
                add(name.number == nil ? [0] : [1])
            }
        }
        return hash
    }
}
