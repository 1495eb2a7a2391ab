import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct TicketRuleTests {
    private let node = NodeID.numbered(1)

    private func facts(_ edit: (inout TicketRule.Facts) -> Void = { _ in }) -> TicketRule.Facts {
        var facts = TicketRule.Facts(
            node: node, address: .lane(1), attempt: 1, held: nil, isOwn: false, groupTaken: false,
            freeBytes: 1 << 30, now: Fixture.now)
        edit(&facts)
        return facts
    }

    private func decide(_ edit: (inout TicketRule.Facts) -> Void = { _ in }) throws -> TicketRule.Decision {
        TicketRule.decide(try Fixture.storeRequest(Fixture.owner()), facts(edit))
    }

    @Test func whatFitsIsStored() throws { #expect(try decide() == .store) }

    @Test func requestsOutsideTheirTimeAreDropped() throws {
        let expires = Fixture.now.advanced(by: .seconds(900))
        #expect(try decide { $0.now = expires.advanced(by: .seconds(119)) } == .store)
        #expect(try decide { $0.now = expires.advanced(by: .seconds(121)) } == .drop(.expired))
        #expect(try decide { $0.now = Fixture.now.advanced(by: .seconds(-121)) } == .drop(.expired))
    }

    @Test func othersTicketsAreDropped() throws {
        #expect(try decide { $0.address = .node(.numbered(2)) } == .drop(.misdirected))
        #expect(try decide { $0.address = .node(.numbered(1)) } == .store)
    }

    @Test func reasonsToLeave() throws {
        #expect(try decide { $0.isOwn = true } == .leave(.own))
        #expect(try decide { $0.node = .numbered(5) } == .leave(.excluded))
        #expect(try decide { $0.groupTaken = true } == .leave(.group))
        #expect(try decide { $0.freeBytes = 4096 } == .leave(.full))
    }

    @Test func whatIsHeldIsVouchedForAgain() throws {
        #expect(try decide { $0.held = (.stored, 1) } == .resend(fillsSlot: true))
        #expect(try decide { $0.held = (.stored, 0) } == .resend(fillsSlot: false))
        #expect(try decide { $0.held = (.trashed, 1) } == .resend(fillsSlot: true))
        #expect(try decide { $0.held = (.damaged, 1) } == .store)
        #expect(
            try decide {
                $0.held = (.stored, 0)
                $0.address = .node(.numbered(1))
            } == .resend(fillsSlot: true))
    }

    @Test func leftTicketsComeToOthersLater() {
        for attempt in 1..<TicketRule.attemptsMax {
            let settlement = TicketRule.settlement(leaving: facts { $0.attempt = attempt }, draw: 0.5)
            guard case .later(let delay) = settlement else { Issue.record("not left"); continue }
            #expect(delay > .zero && delay <= .seconds(15))
        }
        #expect(TicketRule.settlement(leaving: facts { $0.attempt = TicketRule.attemptsMax }, draw: 0.5) == .done)
        #expect(TicketRule.settlement(leaving: facts { $0.address = .node(node) }, draw: 0.5) == .done)
    }

    @Test func theFullestLaneComesFirst() {
        #expect(LaneChoice.choose(waiting: [:], node: node) == nil)
        #expect(LaneChoice.choose(waiting: [.lane(0): 0, .node(node): 9], node: node) == nil)
        #expect(LaneChoice.choose(waiting: [.lane(0): 2, .lane(3): 5, .lane(7): 4], node: node) == 3)
        #expect(LaneChoice.choose(waiting: [.lane(99): 5, .lane(-1): 4], node: node) == nil)
    }

    @Test func nodesBreakTiesDifferently() {
        let waiting = Dictionary(uniqueKeysWithValues: (0..<8).map { (TicketAddress.lane($0), 5) })
        let entropy = SeededEntropy(seed: 1)
        let chosen = Set((0..<50).map { _ in LaneChoice.choose(waiting: waiting, node: .drawn(from: entropy)) })
        #expect(chosen.count > 4)
    }
}
