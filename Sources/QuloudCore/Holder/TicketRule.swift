import QuloudCrypto

/// What a holder does with a store request: pure.
package enum TicketRule {
    package struct Facts: Sendable {
        package var node: NodeID
        package var address: TicketAddress
        /// Deliveries of this ticket so far.
        package var attempt: Int
        /// State and slot of what is held for the same owner, if anything is.
        package var held: (state: Holding.State, slot: Int)?
        package var isOwn: Bool
        package var groupTaken: Bool
        /// Other owners for whom this chunk is held.
        package var otherClaims: Int
        package var freeBytes: Int64
        package var now: Timestamp

        package init(
            node: NodeID, address: TicketAddress, attempt: Int, held: (state: Holding.State, slot: Int)?,
            isOwn: Bool, groupTaken: Bool, otherClaims: Int = 0, freeBytes: Int64, now: Timestamp
        ) {
            self.node = node
            self.address = address
            self.attempt = attempt
            self.held = held
            self.isOwn = isOwn
            self.groupTaken = groupTaken
            self.otherClaims = otherClaims
            self.freeBytes = freeBytes
            self.now = now
        }
    }

    package enum Reason: String, Sendable, CaseIterable {
        case own = "own chunk"
        case excluded = "excluded"
        case held = "already held"
        case group = "group"
        case crowded = "held for too many"
        case full = "no room"
    }

    package enum Decision: Sendable, Equatable {
        case store
        /// Held already: send the receipt again. The slot is filled by it only if it is the same one.
        case resend(fillsSlot: Bool)
        /// Not for this node: others may take it.
        case leave(Reason)
        /// Nobody is to see it again.
        case drop(MessageError)
    }

    /// After so many deliveries a ticket that nobody takes is dropped: the owner issues it again if it is still wanted.
    package static let attemptsMax = 24

    package static func decide(_ request: StoreRequest, _ facts: Facts) -> Decision {
        guard request.expires > facts.now.advanced(by: .zero - Limits.clockSkew),
            request.issued < facts.now.advanced(by: Limits.clockSkew)
        else { return .drop(.expired) }
        if case .node(let node) = facts.address, node != facts.node { return .drop(.misdirected) }
        if facts.isOwn { return .leave(.own) }
        if request.excluded.contains(facts.node) { return .leave(.excluded) }
        if let held = facts.held, held.state != .damaged {
            return .resend(fillsSlot: held.slot == request.slot || facts.address == .node(facts.node))
        }
        if facts.groupTaken { return .leave(.group) }
        if facts.otherClaims >= Limits.claimsPerChunkMax { return .leave(.crowded) }
        if facts.freeBytes < Int64(request.size) + 4096 { return .leave(.full) }
        return .store
    }

    /// How a ticket that this node leaves is settled: one addressed to it alone is done with, one in a lane comes to
    /// others after a pause that grows with every bounce.
    package static func settlement(leaving facts: Facts, draw: Double) -> Settlement {
        if case .node = facts.address { return .done }
        guard facts.attempt < attemptsMax else { return .done }
        let milliseconds = min(10_000, 100 << min(facts.attempt, 7))
        return .later(.milliseconds(Int64(Double(milliseconds) * (0.5 + draw))))
    }
}

/// Which lane a holder works next: the one with the most waiting. Nodes break ties differently, so they spread.
package enum LaneChoice {
    package static func choose(waiting: [TicketAddress: Int], node: NodeID) -> Int? {
        let bytes = node.value.bytes
        var best: (lane: Int, count: Int, tie: UInt8)?
        for lane in 0..<Limits.lanes {
            guard let count = waiting[.lane(lane)], count > 0 else { continue }
            let candidate = (lane, count, bytes[lane])
            if let current = best, (current.count, current.tie) >= (candidate.1, candidate.2) { continue }
            best = candidate
        }
        return best?.lane
    }
}
