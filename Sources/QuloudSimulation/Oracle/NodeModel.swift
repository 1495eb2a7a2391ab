import QuloudCore

/// What one holder must have, by what its own stores confirmed and what was done to them.
struct NodeModel: Sendable {
    /// One chunk of it.
    struct Kept: Sendable {
        var key: HoldingKey?
        var hasRow = false
        var hasBlob = false
        /// Since when it was there without a break, row and blob.
        var intactSince: Duration?
        /// When it was last known to be there whole.
        var lastIntact: Duration?
        /// Until when the holder promised to keep it, if it did.
        var promisedUntil: Timestamp?
        /// The owner asked it to let go.
        var isReleased = false
        /// Its bytes were damaged from outside, and not stored anew since.
        var isHarmed = false
        /// When the owner asked for a proof of it last.
        var questionedAt: Duration?

        /// What was promised of the bytes before ends with them; storing them anew promises nothing until the next receipt.
        mutating func harm() {
            isHarmed = true
            promisedUntil = nil
        }

        mutating func promise(until lease: Timestamp) {
            guard !isHarmed else { return }
            promisedUntil = max(promisedUntil ?? lease, lease)
        }
    }

    let clock: NodeClock
    var isHonest: Bool
    /// What it says of what it has is true, when it says anything.
    var answersTruly: Bool
    var kept: [ChunkID: Kept] = [:]
    var chunks: [HoldingKey: ChunkID] = [:]
    /// Blobs of which the index does not tell yet.
    var loose: Set<HoldingKey> = []
    var headSequence: UInt64 = 0

    init(clock: NodeClock, lie: Lie?) {
        self.clock = clock
        isHonest = lie == nil
        answersTruly = lie.map { [.mute, .busy, .staleHead, .swallow, .parrot].contains($0) } ?? true
    }

    /// Nothing excuses it when this chunk is not there.
    func owes(_ chunk: ChunkID) -> Bool {
        guard let kept = kept[chunk], let until = kept.promisedUntil else { return false }
        return !kept.isReleased && !kept.isHarmed && until > clock.latest
    }

    /// Row and blob are there, and whole.
    func isIntact(_ chunk: ChunkID) -> Bool { kept[chunk]?.intactSince != nil }

    mutating func change(_ chunk: ChunkID, now: Duration, _ edit: (inout Kept) -> Void) {
        var one = kept[chunk] ?? Kept()
        let was = one.intactSince
        edit(&one)
        let isIntact = one.hasRow && one.hasBlob && !one.isHarmed
        one.intactSince = isIntact ? was ?? now : nil
        if isIntact || was != nil { one.lastIntact = now }
        kept[chunk] = one
    }
}
