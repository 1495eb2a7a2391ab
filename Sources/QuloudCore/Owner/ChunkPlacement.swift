/// Decides how one chunk comes to its replicas: pure, with time passed in.
///
/// The holders with the least to do are asked first, one ticket each; what does not come is asked of others, then called
/// out in the lanes for whoever is willing, then left. A receipt counts once for each node.
package struct ChunkPlacement: Sendable {
    package enum Step: Equatable, Sendable {
        case wait
        /// Publish tickets to these nodes.
        case direct([NodeID])
        /// Publish tickets in the lanes of these slots, for whoever comes first.
        case openCall(slots: [Int])
        /// Leave the chunk with the replicas it has.
        case giveUp
    }

    package enum Acceptance: Equatable, Sendable {
        case counted, completed
        /// The node's receipt was seen before.
        case known
        /// Enough nodes hold it already: this one may drop it.
        case surplus
    }

    /// Nodes that are to hold it in the end.
    package let target: Int
    package private(set) var holders: Set<NodeID> = []
    /// Rises with every ticket that repeats a call.
    package private(set) var epoch: UInt32 = 1
    /// Nodes with a ticket that they have not answered.
    package private(set) var asked: Set<NodeID> = []
    private var slotsTaken: Set<Int> = []
    private var nodesTried: Set<NodeID> = []
    private let start: Duration
    private var lastStep: Duration
    private var lastReceipt: Duration
    /// Nodes that must not count: they hold it already, or lost it just now.
    private let excluded: Set<NodeID>
    private let policy: PlacementPolicy

    package init(target: Int, excluded: Set<NodeID>, policy: PlacementPolicy, now: Duration) {
        self.target = target
        self.excluded = excluded
        self.policy = policy
        start = now
        lastStep = now
        lastReceipt = now
    }

    package var missing: Int { max(0, target - holders.count) }
    package var isComplete: Bool { missing == 0 }

    /// What to publish first.
    /// - Parameter candidates: nodes that announced themselves and have room, best first.
    package mutating func begin(candidates: [NodeID]) -> Step { isComplete ? .giveUp : direct(candidates) }

    package mutating func accept(_ node: NodeID, slot: Int, now: Duration) -> Acceptance {
        asked.remove(node)
        guard !excluded.contains(node), !holders.contains(node) else { return .known }
        guard !isComplete else { return .surplus }
        holders.insert(node)
        slotsTaken.insert(slot)
        lastReceipt = now
        return isComplete ? .completed : .counted
    }

    /// - Parameters:
    ///   - candidates: as for `begin`.
    ///   - quietSince: when the last receipt for any chunk of the run came; while others get theirs, this one waits.
    package mutating func tick(now: Duration, candidates: [NodeID], quietSince: Duration) -> Step {
        guard !isComplete else { return .wait }
        if now - max(lastReceipt, quietSince) >= policy.giveUpAfter { return .giveUp }
        guard now - max(lastStep, quietSince) >= policy.askOthersAfter else { return .wait }
        lastStep = now
        epoch += 1
        guard now - start >= policy.openCallAfter else { return direct(candidates) }
        let free = (0..<Limits.lanes).filter { !slotsTaken.contains($0) }
        return .openCall(slots: Array(free.prefix(missing)))
    }

    /// Nodes that were asked without success come last.
    private mutating func direct(_ candidates: [NodeID]) -> Step {
        let open = candidates.filter { !holders.contains($0) && !excluded.contains($0) }
        let order = open.filter { !nodesTried.contains($0) } + open.filter { nodesTried.contains($0) }
        guard !order.isEmpty else { return .wait }
        let chosen = Array(order.prefix(missing))
        nodesTried.formUnion(chosen)
        asked.formUnion(chosen)
        return .direct(chosen)
    }
}
