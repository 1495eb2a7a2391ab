import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct AuditRuleTests {
    private func terms(_ now: Timestamp) -> AuditRule.Terms {
        AuditRule.Terms(
            now: now, cover: .seconds(1000), retryAfter: .seconds(10), grace: .seconds(100), draw: 0.5)
    }

    private let replica = Replica(
        chunk: .numbered(1), node: .numbered(2), state: .valid, since: Fixture.now, provenAt: Fixture.now,
        nextAudit: Fixture.now, leaseUntil: Fixture.now.advanced(by: .seconds(1_000_000)))

    @Test func whoeverPutsAProofOffForEverIsLost() {
        let first = Fixture.now.advanced(by: .seconds(1))
        let suspect = AuditRule.judge(replica, .withheld, terms(first))
        #expect(suspect.state == .suspect(since: first, tries: 1))
        let later = first.advanced(by: .seconds(99))
        #expect(AuditRule.judge(suspect, .withheld, terms(later)).state == .suspect(since: first, tries: 2))
        let end = first.advanced(by: .seconds(100))
        #expect(AuditRule.judge(suspect, .withheld, terms(end)).state == .lost(.silent, at: end))
        #expect(AuditRule.judge(suspect, .proved, terms(end)).state == .valid)
    }

    @Test func whatCannotBeCheckedIsNotBelievedForEver() {
        let soon = Fixture.now.advanced(by: .seconds(1099))
        #expect(AuditRule.judge(replica, .undecided, terms(soon)).state == .valid)
        let late = Fixture.now.advanced(by: .seconds(1100))
        let suspect = AuditRule.judge(replica, .undecided, terms(late))
        #expect(suspect.state == .suspect(since: late, tries: 1))
        let end = late.advanced(by: .seconds(100))
        #expect(AuditRule.judge(suspect, .undecided, terms(end)).state == .lost(.silent, at: end))
    }
}
