import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    /// Damage is found before anybody asks for the chunk.
    @Suite struct ScrubTests {
        @Test func everyBlobIsReadOnceInAPeriodAndDamageIsFound() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let names = try await holders[0].blobs.names(after: nil, limit: 1000)
                let victim = try #require(names.last)
                holders[0].blobs.tamper(with: victim) { $0[$0.count - 1] ^= 1 }

                let scrub = Scrub(holders[0].context)
                var damaged = 0
                for _ in 0..<10 { damaged += try await scrub.advance(by: .seconds(10), within: .seconds(100)) }
                #expect(damaged == 1)
                #expect(try await holders[0].holdings().filter { $0.state == .damaged }.map(\.key) == [victim])
                // What is known to be damaged is not reported again.
                #expect(try await scrub.advance(by: .seconds(200), within: .seconds(100)) == 0)

                let audit = try await owner.audit()
                #expect(audit.lost.map(\.node) == [holders[0].id])
                #expect(try await owner.heal().stillBelow == 0)
            }
        }

        @Test func aSmallStepReadsNothingUntilEnoughTimeHasPassed() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let held = try await holders[0].holdings().count
                for name in try await holders[0].blobs.names(after: nil, limit: 1000) {
                    holders[0].blobs.tamper(with: name) { $0[$0.count - 1] ^= 1 }
                }
                let scrub = Scrub(holders[0].context)
                let period = Duration.seconds(1000 * held)
                #expect(try await scrub.advance(by: .seconds(900), within: period) == 0)
                #expect(try await scrub.advance(by: .seconds(200), within: period) == 1)
            }
        }
    }
}
