import QuloudCore

/// What a seed makes of a world: its size, and how badly things go.
struct Profile: Sendable {
    enum Weather: String, Sendable, CaseIterable { case calm, mild, wild }

    let weather: Weather
    let holders: Int
    let quorum: Int
    /// How the holder with that number lies, if it does.
    let liars: [Int: Lie]
    /// Somebody on the broker vouches for what is stored, in the names of others.
    let hasStranger: Bool
    /// The owner's daemon is the first holder, too.
    let isOwnerHolder: Bool
    let diskBytes: Int64
    let actions: Int
    let lease: Duration
    let auditBatchBytes: Int
    /// Probabilities for each message.
    let drop, double, delay, damage, unconfirmed: Double
    /// Time between two larger faults.
    let faultEvery: Duration?
    let slowness: Double

    init(_ draw: inout Draw) {
        let weather = draw.one(weighted: [(Weather.calm, 2), (.mild, 4), (.wild, 4)]) ?? .mild
        self.weather = weather
        quorum = draw.int(2...3)
        let ownHolder = draw.chance(0.2)
        isOwnerHolder = ownHolder
        holders = quorum + draw.int(0...2) + (ownHolder ? 1 : 0)
        var lies: [Int: Lie] = [:]
        if draw.chance(0.5) {
            // All but one may lie: a quorum of liars is what an audit is for.
            let count = draw.int(1...holders - 1 - (ownHolder ? 1 : 0))
            for number in holders - count..<holders { lies[number] = draw.one(of: Lie.allCases) }
        }
        liars = lies
        hasStranger = draw.chance(0.3)
        diskBytes = draw.chance(0.1) ? Int64(4 * Limits.sealedChunkSizeMax + draw.int(50_000...400_000)) : 1 << 32
        actions = draw.int(4...8)
        lease = .seconds(86_400 * draw.int(20...180))
        auditBatchBytes = draw.chance(0.5) ? 64 << 20 : draw.int(1...60_000)
        let badness = weather == .calm ? 0 : weather == .mild ? 0.03 : 0.15
        drop = draw.chance(0.7) ? badness * draw.unit() : 0
        double = draw.chance(0.7) ? badness * draw.unit() : 0
        delay = draw.chance(0.7) ? badness * 2 * draw.unit() : 0
        damage = draw.chance(0.5) ? badness * draw.unit() : 0
        unconfirmed = draw.chance(0.5) ? badness * draw.unit() : 0
        faultEvery =
            weather == .calm
            ? nil : weather == .mild ? draw.seconds(5...40) : draw.milliseconds(500...8000)
        slowness = draw.chance(0.2) ? 0.02 * draw.unit() : 0
    }

    /// The whole of it in a line, for whoever replays.
    var text: String {
        let lies = liars.sorted { $0.key < $1.key }.map { "holder \($0.key + 1) lies: \($0.value)" }
        return
            (["\(weather)", "\(holders) holders", "quorum \(quorum)"] + lies
            + (hasStranger ? ["a stranger forges receipts"] : [])
            + (isOwnerHolder ? ["the owner is holder 1"] : [])).joined(separator: ", ")
    }
}

/// How a holder deceives.
enum Lie: String, Sendable, CaseIterable {
    /// Vouches for everything and stores nothing.
    case hollow
    /// Throws everything away once it has proved something, and sends that proof again.
    case replay
    /// Stores nothing, and sends what another node proved.
    case copycat
    /// Stores nothing, and makes proofs up.
    case madeUp
    /// Is there, and answers no challenge.
    case mute
    /// Says of every challenge that it is busy.
    case busy
    /// Returns other bytes than it was asked for.
    case wrongBytes
    /// Hands out the first head it ever got.
    case staleHead
    /// Takes tickets, and does nothing.
    case swallow
    /// Sends what others sent to a mailbox again.
    case parrot

    /// How it is counted.
    var fault: String { "lie: \(self)" }
}
