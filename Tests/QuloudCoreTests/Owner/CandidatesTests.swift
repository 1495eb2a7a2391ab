import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct CandidatesTests {
    private func answer(_ number: UInt64, label: String = "", room: Bool = true) throws -> Announcement {
        Announcement(
            node: .numbered(number), agreementKey: try Fixture.node().agreementKey, version: "1", label: label,
            region: "", capacityBytes: 1 << 40, freeBytes: room ? 1 << 30 : 0, uptime: .seconds(1))
    }

    private func answers(_ numbers: UInt64...) throws -> [Announcement] { try numbers.map { try answer($0) } }

    private func nodes(_ candidates: Candidates) -> [NodeID] { candidates.withRoom.map(\.node) }

    /// After a broker was away, its nodes come back one after the other.
    @Test func whoIsSilentOnceStaysACandidate() throws {
        var candidates = Candidates()
        candidates.update(with: try answers(1, 2, 3))
        candidates.update(with: try answers(2))
        #expect(nodes(candidates) == [.numbered(2), .numbered(1), .numbered(3)])
        #expect(candidates.withRoom.map(\.isSilent) == [false, true, true])
        candidates.update(with: try answers(2, 3))
        #expect(nodes(candidates) == [.numbered(2), .numbered(3)], "1 was missing twice")
        candidates.update(with: try answers(1, 2))
        #expect(nodes(candidates) == [.numbered(1), .numbered(2), .numbered(3)])
    }

    @Test func aLookThatNobodyAnswersSaysNothing() throws {
        var candidates = Candidates()
        candidates.update(with: [])
        #expect(candidates.holders.isEmpty)
        candidates.update(with: try answers(1, 2))
        for _ in 0..<10 { candidates.update(with: []) }
        #expect(nodes(candidates) == [.numbered(1), .numbered(2)])
    }

    @Test func whoIsFullIsNoCandidateButAHolder() throws {
        var candidates = Candidates()
        candidates.update(with: try answers(1, 2))
        candidates.update(with: [try answer(1, room: false), try answer(2)])
        #expect(nodes(candidates) == [.numbered(2)])
        #expect(candidates.holders.count == 2)
        // When all are full, those that are known have to do: there may be room for a small chunk.
        candidates.update(with: [try answer(1, room: false), try answer(2, room: false)])
        #expect(nodes(candidates) == [.numbered(2)])
    }

    @Test func theBusyComeAfterTheIdleAndTheSilentLast() throws {
        var candidates = Candidates()
        candidates.update(with: try answers(1, 2, 3))
        candidates.update(with: try answers(1, 2))
        let order = CandidateOrder.order(
            candidates.withRoom, outstanding: [.numbered(1): 5, .numbered(2): 3], count: 3, draws: [0, 0, 0])
        #expect(order == [.numbered(2), .numbered(1), .numbered(3)])
    }

    @Test func oneOfAFailureDomainComesFirstUnlessItIsSilent() throws {
        var candidates = Candidates()
        let all = [try answer(1, label: "a"), try answer(2, label: "a"), try answer(3, label: "b")]
        candidates.update(with: all)
        let draws = [0, 0.1, 0.2]
        #expect(
            CandidateOrder.order(candidates.withRoom, outstanding: [:], count: 2, draws: draws)
                == [.numbered(1), .numbered(3), .numbered(2)])
        candidates.update(with: Array(all.prefix(2)))
        #expect(
            CandidateOrder.order(candidates.withRoom, outstanding: [:], count: 2, draws: draws)
                == [.numbered(1), .numbered(2), .numbered(3)])
    }
}
