import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct ChunkPlacementTests {
    private static var policy: PlacementPolicy {
        var policy = PlacementPolicy()
        policy.askOthersAfter = .seconds(6)
        policy.openCallAfter = .seconds(15)
        policy.giveUpAfter = .seconds(30)
        return policy
    }

    private func placement(target: Int = 3, excluded: Set<NodeID> = []) -> ChunkPlacement {
        ChunkPlacement(target: target, excluded: excluded, policy: Self.policy, now: .zero)
    }

    private func nodes(_ range: Range<UInt64>) -> [NodeID] { range.map { .numbered($0) } }

    @Test func beginsWithOneTicketForEachReplica() {
        var placement = placement()
        #expect(placement.begin(candidates: nodes(1..<6)) == .direct(nodes(1..<4)))
        #expect(placement.missing == 3)
        #expect(placement.asked == Set(nodes(1..<4)))
    }

    @Test func distinctNodesCompleteIt() {
        var placement = placement()
        #expect(placement.accept(.numbered(1), slot: 0, now: .zero) == .counted)
        #expect(placement.accept(.numbered(2), slot: 1, now: .zero) == .counted)
        #expect(placement.accept(.numbered(3), slot: 2, now: .zero) == .completed)
        #expect(placement.isComplete)
    }

    @Test func aNodeCountsOnce() {
        var placement = placement()
        #expect(placement.accept(.numbered(1), slot: 0, now: .zero) == .counted)
        #expect(placement.accept(.numbered(1), slot: 0, now: .zero) == .known)
        #expect(placement.accept(.numbered(1), slot: 1, now: .zero) == .known)
        #expect(placement.missing == 2)
    }

    @Test func oneTooManyIsSurplus() {
        var placement = placement(target: 1)
        #expect(placement.accept(.numbered(1), slot: 0, now: .zero) == .completed)
        #expect(placement.accept(.numbered(2), slot: 1, now: .zero) == .surplus)
        #expect(placement.accept(.numbered(1), slot: 0, now: .zero) == .known)
        #expect(placement.holders == [.numbered(1)])
    }

    @Test func excludedNodesNeverCount() {
        var placement = placement(target: 1, excluded: [.numbered(1)])
        #expect(placement.accept(.numbered(1), slot: 0, now: .zero) == .known)
        #expect(!placement.isComplete)
    }

    @Test func othersAreAskedThenAllAreCalledThenItGivesUp() {
        var placement = placement()
        _ = placement.begin(candidates: nodes(1..<7))
        _ = placement.accept(.numbered(1), slot: 0, now: .zero)
        let candidates = nodes(1..<7)
        func tick(_ second: Int) -> ChunkPlacement.Step {
            placement.tick(now: .seconds(second), candidates: candidates, quietSince: .zero)
        }
        #expect(tick(5) == .wait)
        #expect(tick(6) == .direct(nodes(4..<6)), "those not asked yet come first")
        #expect(placement.epoch == 2)
        #expect(tick(7) == .wait)
        #expect(tick(12) == .direct([.numbered(6), .numbered(2)]))
        #expect(placement.epoch == 3)
        #expect(tick(18) == .openCall(slots: [1, 2]))
        #expect(tick(24) == .openCall(slots: [1, 2]))
        #expect(tick(30) == .giveUp)
    }

    @Test func othersReceiptsKeepItFromGivingUp() {
        var placement = placement()
        _ = placement.begin(candidates: [])
        #expect(placement.tick(now: .seconds(40), candidates: nodes(1..<4), quietSince: .seconds(30)) != .giveUp)
        #expect(placement.tick(now: .seconds(61), candidates: nodes(1..<4), quietSince: .seconds(30)) == .giveUp)
    }

    @Test func nobodyToAskIsWaitedFor() {
        var placement = placement(target: 2)
        #expect(placement.begin(candidates: []) == .wait)
        #expect(placement.tick(now: .seconds(6), candidates: nodes(1..<3), quietSince: .zero) == .direct(nodes(1..<3)))
    }

    @Test func theExcludedAndTheHoldersAreNotAsked() {
        var placement = placement(target: 2, excluded: [.numbered(1), .numbered(2)])
        #expect(placement.begin(candidates: nodes(1..<6)) == .direct(nodes(3..<5)))
        _ = placement.accept(.numbered(3), slot: 0, now: .zero)
        #expect(
            placement.tick(now: .seconds(6), candidates: nodes(1..<5), quietSince: .zero) == .direct([.numbered(4)]))
    }

    @Test func nothingIsDoneOnceComplete() {
        var placement = placement(target: 1)
        _ = placement.accept(.numbered(1), slot: 0, now: .zero)
        #expect(placement.tick(now: .seconds(100), candidates: nodes(1..<9), quietSince: .zero) == .wait)
    }

    @Test func nothingToPlaceIsGivenUpAtOnce() {
        var placement = placement(target: 0)
        #expect(placement.begin(candidates: nodes(1..<3)) == .giveUp)
    }

    @Test(arguments: UInt64(1)...40)
    func holdsItsInvariantsWhateverHappens(seed: UInt64) {
        let entropy = SeededEntropy(seed: seed)
        let target = entropy.int(in: 1..<6)
        let excluded = Set(nodes(0..<UInt64(entropy.int(in: 1..<4))))
        var placement = placement(target: target, excluded: excluded)
        let all = nodes(0..<10)
        var now: Duration = .zero
        var counted: Set<NodeID> = []
        var epoch = placement.epoch
        var step = placement.begin(candidates: all)
        for _ in 0..<300 {
            switch step {
            case .direct(let chosen):
                #expect(Set(chosen).count == chosen.count && chosen.count <= placement.missing)
                #expect(excluded.isDisjoint(with: chosen) && counted.isDisjoint(with: chosen))
            case .openCall(let slots):
                #expect(Set(slots).count == slots.count && slots.count <= target)
                #expect(slots.allSatisfy { (0..<Limits.lanes).contains($0) })
            case .wait, .giveUp: break
            }
            if entropy.int(in: 0..<2) == 0 {
                let node = all[entropy.int(in: 0..<all.count)]
                let before = placement.holders
                let acceptance = placement.accept(node, slot: entropy.int(in: 0..<Limits.lanes), now: now)
                let isNew = !excluded.contains(node) && !before.contains(node) && before.count < target
                #expect(isNew == (acceptance == .counted || acceptance == .completed))
                if isNew { counted.insert(node) }
                #expect((acceptance == .completed) == (isNew && counted.count == target))
                step = .wait
            } else {
                now += .milliseconds(Int64(entropy.int(in: 100..<5000)))
                step = placement.tick(now: now, candidates: all, quietSince: .zero)
            }
            #expect(placement.holders == counted)
            #expect(placement.isComplete == (counted.count == target))
            #expect(placement.epoch >= epoch)
            epoch = placement.epoch
        }
    }

    // MARK: Schedule

    @Test func auditsFallIntoTheSecondHalfOfTheCover() {
        let cover = Duration.seconds(30 * 86_400)
        for draw in [-1.0, 0, 0.3, 0.999, 1, 7] {
            let due = AuditSchedule.next(after: Fixture.now, cover: cover, draw: draw).since(Fixture.now)
            #expect(due >= cover / 2 && due < cover)
        }
    }

    @Test func samplesDetectAsComputed() {
        #expect(abs(AuditSchedule.detection(sample: 460, lostFraction: 0.01) - 0.99) < 0.001)
        #expect(AuditSchedule.detection(sample: 0, lostFraction: 0.5) == 0)
        #expect(AuditSchedule.detection(sample: -3, lostFraction: 0.5) == 0)
        #expect(AuditSchedule.detection(sample: 1, lostFraction: 1) == 1)
    }
}
