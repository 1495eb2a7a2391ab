internal import QuloudCore

extension FabricConformance {
    func checkTickets(_ scene: Scene) async throws {
        let owner = scene.owner
        let node = scene.node()
        switch self {
        case .lanesAreApart:
            let tickets = (0..<Limits.lanes).flatMap { scene.tickets(1, to: .lane($0)) }
            try await owner.publish(tickets)
            for ticket in tickets.reversed() {
                let taken = try await scene.take(1, from: ticket.address)
                try require(taken.map(\.payload) == [ticket.request], "another ticket came from \(ticket.address)")
            }
        case .eachTicketGoesToOneHolder: try await checkSharedLane(scene)
        case .limitIsKept:
            try await owner.publish(scene.tickets(10, to: .lane(3)))
            let taken = try await scene.first.tickets(from: .lane(3), limit: 4, wait: .seconds(5))
            try require((1...4).contains(taken.count), "asked for 4 of 10 tickets, got \(taken.count)")
            try require(try await scene.take(10 - taken.count, from: .lane(3)).count, is: 10 - taken.count, "the rest")
        case .emptyLaneWaitsThenGivesNone:
            let start = ContinuousClock.now
            let none = try await scene.first.tickets(from: .lane(5), limit: 4, wait: .milliseconds(300))
            try require(none.isEmpty && ContinuousClock.now - start >= .milliseconds(250), "an empty lane did not wait")
            try require(
                try await scene.first.tickets(from: .lane(5), limit: 4, wait: .zero).isEmpty,
                "an empty lane gave tickets")
        case .ticketEndsTheWait:
            let ticket = scene.tickets(1, to: .lane(6))
            let start = ContinuousClock.now
            async let taken = scene.first.tickets(from: .lane(6), limit: 16, wait: .seconds(110))
            try await Task.sleep(for: .milliseconds(200))
            try await owner.publish(ticket)
            try require(try await taken.map(\.payload) == ticket.map(\.request), "another ticket came")
            try require(ContinuousClock.now - start < .seconds(100), "a ticket did not end the wait")
        case .sameTicketAgainIsFine:
            let tickets = scene.tickets(1, to: .lane(0))
            for _ in 0..<3 { try await owner.publish(tickets) }
            let taken = try await scene.take(1, from: .lane(0))
            try await owner.publish(tickets)
            try await scene.first.settle(taken, .done)
            try require(try await drain(scene, .lane(0)) >= 1, "a ticket published again went with the settled one")
        case .waitingCounts:
            try require(
                try await scene.first.waiting(for: node).values.allSatisfy { $0 == 0 }, "something waits at first")
            try await owner.publish(scene.tickets(3, to: .lane(2)) + scene.tickets(1, to: .node(node)))
            try await owner.publish(scene.tickets(2, to: .node(scene.node())))
            let waiting = try await scene.second.waiting(for: node).filter { $0.value > 0 }
            try require(waiting, is: [.lane(2): 3, .node(node): 1], "tickets that wait")
            _ = try await drain(scene, .lane(2))
            try require(
                try await scene.second.waiting(for: node)[.lane(2), default: 0], is: 0, "waiting after settling")
        default:
            let address: TicketAddress = self == .ticketReachesItsNode ? .node(node) : .lane(4)
            let tickets = scene.tickets(5, to: address)
            try await owner.publish(tickets)
            let taken = try await scene.take(5, from: address, by: scene.second)
            try require(
                Set(taken.map(\.payload)) == Set(tickets.map(\.request)), "the tickets did not come as they were sent")
            try require(taken.map(\.attempt), is: [1, 1, 1, 1, 1], "attempts")
            try await scene.second.settle(taken, .done)
        }
    }

    /// Settles everything at an address; how many there were.
    private func drain(_ scene: Scene, _ address: TicketAddress) async throws -> Int {
        var count = 0
        while true {
            let taken = try await scene.first.tickets(from: address, limit: 64, wait: .milliseconds(300))
            if taken.isEmpty { return count }
            try await scene.first.settle(taken, .done)
            count += taken.count
            try require(count < 1000, "a settled ticket comes again and again")
        }
    }

    private func checkSharedLane(_ scene: Scene) async throws {
        let tickets = scene.tickets(200, to: .lane(0))
        try await scene.owner.publish(tickets)
        let taken = try await withThrowingTaskGroup(of: [Delivery].self) { group in
            for holder in scene.world.holders {
                group.addTask {
                    var mine: [Delivery] = []
                    while true {
                        let more = try await holder.tickets(from: .lane(0), limit: 16, wait: .milliseconds(500))
                        if more.isEmpty { return mine }
                        try await holder.settle(more, .done)
                        mine += more
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try require(taken.count, is: 200, "deliveries of 200 tickets")
        try require(Set(taken.map(\.payload)) == Set(tickets.map(\.request)), "some tickets came twice, some never")
    }

    func checkSettling(_ scene: Scene) async throws {
        let owner = scene.owner
        let tickets = scene.tickets(2, to: .lane(1))
        try await owner.publish(tickets)
        let taken = try await scene.take(2, from: .lane(1))
        try require(taken.count, is: 2, "tickets taken")
        switch self {
        case .laterComesAgain:
            let start = ContinuousClock.now
            try await scene.first.settle(taken, .later(.milliseconds(500)))
            let early = try await scene.second.tickets(from: .lane(1), limit: 2, wait: .zero)
            let isEarly = ContinuousClock.now - start < .milliseconds(500)
            try require(early.isEmpty || !isEarly, "a ticket came again before its time")
            if !early.isEmpty { return }
            let again = try await scene.take(2, from: .lane(1), by: scene.second)
            try require(Set(again.map(\.payload)) == Set(taken.map(\.payload)), "tickets put off did not come again")
            try require(again.map(\.attempt), is: [2, 2], "attempts")
            try await scene.second.settle(again, .later(.zero))
            try require(try await scene.take(2, from: .lane(1)).map(\.attempt), is: [3, 3], "attempts, third time")
        case .workingHoldsBack:
            try await scene.first.settle(taken, .working)
            let early = try await scene.second.tickets(from: .lane(1), limit: 2, wait: .milliseconds(300))
            try require(early.isEmpty, "a ticket that is worked on came again")
            try await scene.first.settle(taken, .done)
        case .settlingForeignTokensHarmsNothing:
            for token in ["", "x", "quloud.v1.data.a.b", "$JS.API.STREAM.DELETE.QULOUD_DATA", "$JS.ACK.a b"] {
                try? await scene.first.settle([Delivery(payload: [], attempt: 1, token: token)], .working)
            }
            try await scene.first.settle(taken, .done)
            try await owner.publish(scene.tickets(1, to: .lane(7)))
            try require(try await scene.take(1, from: .lane(7)).count, is: 1, "tickets after foreign tokens")
        default:
            try await scene.first.settle([taken[0]], .done)
            try await scene.first.settle([taken[1]], .later(.zero))
            let again = try await scene.take(1, from: .lane(1))
            try require(again.map(\.payload) == [taken[1].payload], "the settled ticket came again")
            try await scene.first.settle(again, .done)
            let none = try await scene.first.tickets(from: .lane(1), limit: 2, wait: .milliseconds(500))
            try require(none.isEmpty, "a settled ticket came again")
            try await scene.first.settle([], .done)
        }
    }

    func checkReceipts(_ scene: Scene) async throws {
        let owner = scene.owner
        let box = try await scene.mailbox()
        switch self {
        case .receiptsGoToTheirMailbox:
            let other = try await scene.mailbox()
            try await scene.first.send([1], to: box)
            try await scene.second.send([2], to: other)
            let mine = try await owner.receipts(in: box, limit: 8, wait: .seconds(5))
            try require(mine.map(\.payload), is: [[1]], "receipts of one mailbox")
            let theirs = try await owner.receipts(in: other, limit: 8, wait: .seconds(5))
            try require(theirs.map(\.payload), is: [[2]], "receipts of the other")
        case .receiptsStayUntilSettled:
            for number in 0..<6 { try await scene.first.send([UInt8(number)], to: box) }
            let taken = try await take(6, in: box, owner)
            try await owner.settle(Array(taken.prefix(3)), .done)
            try await owner.settle(Array(taken.suffix(3)), .later(.zero))
            let again = try await take(3, in: box, owner)
            try require(Set(again.map(\.payload)), is: Set(taken.suffix(3).map(\.payload)), "receipts that came again")
            try await owner.settle(again, .done)
            let none = try await owner.receipts(in: box, limit: 8, wait: .milliseconds(300))
            try require(none.isEmpty, "a settled receipt came again")
        default:
            let none = try await owner.receipts(in: box, limit: 8, wait: .milliseconds(100))
            try require(none.isEmpty, "receipts in a fresh mailbox")
            let large = scene.entropy.bytes(100_000)
            try await scene.first.send([1, 2], to: box)
            try await scene.second.send(large, to: box)
            let taken = try await take(2, in: box, owner)
            try require(Set(taken.map(\.payload)) == [[1, 2], large], "receipts came otherwise")
            try require(taken.map(\.attempt), is: [1, 1], "attempts")
            try await owner.settle(taken, .done)
        }
    }

    private func take(_ count: Int, in box: MailboxID, _ owner: any OwnerFabric) async throws -> [Delivery] {
        var taken: [Delivery] = []
        while taken.count < count {
            let more = try await owner.receipts(in: box, limit: count - taken.count, wait: .seconds(5))
            try require(!more.isEmpty, "\(taken.count) of \(count) receipts came")
            taken += more
        }
        return taken
    }
}
