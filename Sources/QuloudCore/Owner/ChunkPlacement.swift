/// Decides how one chunk comes to its replicas: pure, with time passed in.
///
/// Tickets go to the lanes first; what does not come is issued again, then asked of single nodes, then left. A receipt
/// counts once for each node.
package struct ChunkPlacement: Sendable {
    package enum Step: Equatable, Sendable {
        case wait
        /// Publish tickets for these slots again, in their lanes, under the new epoch.
        case reissue(slots: [Int])
        /// Publish tickets to these nodes.
        case direct([NodeID])
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
    package private(set) var target: Int
    package private(set) var holders: Set<NodeID> = []
    package private(set) var epoch: UInt32 = 1
    private var slotsTaken: Set<Int> = []
    private var nodesAsked: Set<NodeID> = []
    private var lastStep: Duration
    private var lastReceipt: Duration
    /// Nodes that must not count: they hold it already, or lost it just now.
    private let excluded: Set<NodeID>
    private let usesLanes: Bool
    private let policy: PlacementPolicy

    /// - Parameter usesLanes: false asks single nodes from the start, as healing does.
    package init(target: Int, excluded: Set<NodeID>, usesLanes: Bool, policy: PlacementPolicy, now: Duration) {
        self.target = target
        self.excluded = excluded
        self.usesLanes = usesLanes
        self.policy = policy
        lastStep = now
        lastReceipt = now
    }

    package var missing: Int { max(0, target - holders.count) }
    package var isComplete: Bool { missing == 0 }

    /// What to publish first.
    package mutating func begin(candidates: [NodeID]) -> Step {
        usesLanes ? .reissue(slots: Array(0..<target)) : direct(candidates)
    }

    package mutating func accept(_ node: NodeID, slot: Int, now: Duration) -> Acceptance {
        guard !excluded.contains(node), !holders.contains(node) else { return .known }
        guard !isComplete else { return .surplus }
        holders.insert(node)
        slotsTaken.insert(slot)
        lastReceipt = now
        return isComplete ? .completed : .counted
    }

    /// - Parameters:
    ///   - candidates: nodes that announced themselves and have room, best first.
    ///   - quietSince: when the last receipt for any chunk of the run came; while others get theirs, this one waits.
    package mutating func tick(now: Duration, candidates: [NodeID], quietSince: Duration) -> Step {
        guard !isComplete else { return .wait }
        let sinceReceipt = now - max(lastReceipt, quietSince)
        let sinceStep = now - lastStep
        if sinceReceipt >= policy.giveUpAfter { return .giveUp }
        guard sinceStep >= policy.reissueAfter else { return .wait }
        lastStep = now
        epoch += 1
        if usesLanes, now - lastReceipt < policy.directAfter {
            let free = (0..<Limits.lanes).filter { !slotsTaken.contains($0) }
            return .reissue(slots: Array(free.prefix(missing)))
        }
        return direct(candidates)
    }

    private mutating func direct(_ candidates: [NodeID]) -> Step {
        let open = candidates.filter { !holders.contains($0) && !excluded.contains($0) }
        guard !open.isEmpty else { return holders.isEmpty ? .wait : .giveUp }
        // Nodes that were asked without success come last.
        let fresh = open.filter { !nodesAsked.contains($0) }
        let chosen = Array((fresh + open.filter { nodesAsked.contains($0) }).prefix(missing))
        nodesAsked.formUnion(chosen)
        return .direct(chosen)
    }

    /// Fewer nodes are left than hoped for: do not wait for what cannot come.
    package mutating func lowerTarget(to count: Int) { target = max(holders.count, min(target, count)) }
}
