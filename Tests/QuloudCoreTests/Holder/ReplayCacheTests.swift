import Testing

@testable import QuloudCore

@Suite struct ReplayCacheTests {
    private func context(_ number: Int, at now: Timestamp) -> RequestContext {
        var nonce = WireWriter()
        nonce.put(UInt64(0))
        nonce.put(UInt64(number))
        return RequestContext(
            node: nil, returnAddress: Fixture.address, nonce: nonce.bytes, issued: now,
            expires: now.advanced(by: Limits.requestValidity))
    }

    @Test func aNonceIsGoodForOneRequest() throws {
        let cache = ReplayCache()
        try cache.admit(context(1, at: Fixture.now), now: Fixture.now)
        #expect(throws: MessageError.replayed) { try cache.admit(context(1, at: Fixture.now), now: Fixture.now) }
    }

    @Test func aFullMemoryRefusesOnlyUntilWhatItHoldsHasExpired() throws {
        let cache = ReplayCache(capacity: 3000)
        for number in 0..<3000 { try cache.admit(context(number, at: Fixture.now), now: Fixture.now) }
        let soon = Fixture.now.advanced(by: .seconds(10))
        #expect(throws: MessageError.replayed) { try cache.admit(context(5000, at: soon), now: soon) }
        let later = Fixture.now.advanced(by: Limits.requestValidity + Limits.clockSkew + .seconds(1))
        try cache.admit(context(5001, at: later), now: later)
    }
}
