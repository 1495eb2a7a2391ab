import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct RequestContextTests {
    private let node = NodeID.numbered(1)
    private let now = Fixture.now

    private func context(
        node: NodeID?, issued: Duration = .zero, validFor: Duration = .seconds(300), address: String = "inbox.1"
    ) -> RequestContext {
        let issuedAt = now.advanced(by: issued)
        return RequestContext(
            node: node, returnAddress: ReturnAddress(address), nonce: [UInt8](repeating: 0, count: 16),
            issued: issuedAt, expires: issuedAt.advanced(by: validFor))
    }

    private func check(
        _ context: RequestContext, _ kind: QuestionKind = .retrieve, address: String = "inbox.1"
    ) throws(MessageError) {
        let question = Question(kind: kind, request: [], returnAddress: ReturnAddress(address))
        try context.check(at: node, question: question, now: now)
    }

    @Test func aFreshRequestPasses() throws {
        let time = ManualTime(now: now)
        let fresh = RequestContext.fresh(
            for: node, returnAddress: ReturnAddress("inbox.1"), time: time, entropy: FixedEntropy())
        try check(fresh)
        #expect(fresh.nonce.count == 16)
    }

    @Test func anothersRequestIsMisdirected() {
        #expect(throws: MessageError.misdirected) { try check(context(node: .numbered(2))) }
    }

    @Test func aRequestToAllIsGoodForBroadcastsOnly() throws {
        for kind in QuestionKind.allCases {
            if kind.isBroadcast {
                try check(context(node: nil), kind)
            } else {
                #expect(throws: MessageError.misdirected) { try check(context(node: nil), kind) }
            }
        }
    }

    @Test func anotherReturnAddressIsMisdirected() {
        #expect(throws: MessageError.misdirected) { try check(context(node: node), address: "inbox.2") }
    }

    @Test(arguments: [(-421, true), (-420, true), (-419, false), (0, false), (120, false), (121, true)])
    func requestsAreGoodForTheirTime(issuedSeconds: Int, isExpired: Bool) throws {
        let context = context(node: node, issued: .seconds(issuedSeconds))
        if isExpired {
            #expect(throws: MessageError.expired) { try check(context) }
        } else {
            try check(context)
        }
    }

    @Test func noRequestIsGoodForLongerThanAllowed() throws {
        #expect(throws: MessageError.expired) { try check(context(node: node, validFor: .milliseconds(300_001))) }
        try check(context(node: node, validFor: .milliseconds(300_000)))
    }

    @Test func extremeTimesDoNotTrap() {
        let moments = [Int64.min, Int64.min + 1, -1, 0, Int64.max - 1, Int64.max].map { Timestamp(milliseconds: $0) }
        for issued in moments {
            for expires in moments {
                let context = RequestContext(
                    node: node, returnAddress: ReturnAddress("inbox.1"), nonce: [], issued: issued, expires: expires)
                #expect(throws: MessageError.expired) { try check(context) }
            }
        }
    }

    @Test func timestampsSaturate() {
        let most = Timestamp(milliseconds: .max)
        let least = Timestamp(milliseconds: .min)
        #expect(most.advanced(by: .seconds(1)) == most)
        #expect(least.advanced(by: .seconds(-1)) == least)
        #expect(most.since(least) == .milliseconds(Int64.max))
        #expect(least.since(most) == .milliseconds(Int64.min))
        #expect(Timestamp(seconds: .max) == most)
        #expect(Duration(secondsComponent: .max, attosecondsComponent: 0).wholeMilliseconds == .max)
        #expect(Duration(secondsComponent: .min, attosecondsComponent: 0).wholeMilliseconds == .min)
    }

    @Test func aNonceIsAdmittedOnce() throws {
        let cache = ReplayCache()
        let context = Fixture.context(for: node)
        try cache.admit(context, now: now)
        #expect(throws: MessageError.replayed) { try cache.admit(context, now: now) }
        try cache.admit(Fixture.context(for: node, nonce: 8), now: now)
    }

    @Test func aFullReplayCacheRefuses() throws {
        let cache = ReplayCache(capacity: 2)
        try cache.admit(Fixture.context(for: node, nonce: 1), now: now)
        try cache.admit(Fixture.context(for: node, nonce: 2), now: now)
        #expect(throws: MessageError.replayed) { try cache.admit(Fixture.context(for: node, nonce: 3), now: now) }
    }
}
