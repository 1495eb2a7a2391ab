import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    /// With a patience of weeks, only what ends early ends within the limit.
    @Suite(.timeLimit(.minutes(5))) struct DiscoveryTests {
        private static let weeks: Duration = .seconds(2_000_000)

        private func withKnownHolders(_ body: (World, TestOwner) async throws -> Void) async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                world.fabric.setRules { $0.hurries = false }
                try await body(world, owner)
            }
        }

        @Test func listeningEndsWithTheLastHolderThatIsKnown() async throws {
            try await withKnownHolders { _, owner in
                let discovery = Discovery(owner.context, patience: Self.weeks)
                let expected = try await discovery.expected()
                #expect(expected.count == 3)
                let found = try await discovery.holders(expecting: expected)
                #expect(Set(found.map(\.node)) == expected)
            }
        }

        @Test func workMayBeginWithAQuorumWhileOthersMayStillAnswer() async throws {
            try await withKnownHolders { _, owner in
                let discovery = Discovery(owner.context, patience: Self.weeks)
                let first = Promise<[Announcement]>()
                let listening = Task {
                    try await discovery.holders(expecting: [], quorum: 2) { first.fulfil(.success($0)) }
                }
                defer { listening.cancel() }
                let count = try await first.value().count
                #expect(count == 2)
            }
        }

        @Test func aKnownHolderThatIsAwayIsWaitedForToTheEnd() async throws {
            try await withKnownHolders { world, owner in
                let discovery = Discovery(owner.context, patience: .seconds(2))
                let expected = try await discovery.expected().union([.numbered(9)])
                let start = world.time.uptime
                let found = try await discovery.holders(expecting: expected)
                #expect(found.count == 3)
                #expect(world.time.uptime - start >= .seconds(2))
            }
        }

        @Test func fewerKnownHoldersThanAQuorumNeedsAreNotWaitedFor() async throws {
            try await withKnownHolders { _, owner in
                var settings = owner.context.settings
                settings.quorum = 4
                let expected = try await Discovery(owner.context.with(settings)).expected()
                #expect(expected.isEmpty)
            }
        }

        /// A broker that is back before the nodes are.
        @Test func holdersThatAreCutOffForAMomentStayCandidates() async throws {
            try await World.with(holders: 3) { world, holders in
                let search = CandidateSearch(try world.owner().context)
                try await search.run()
                for cut in [Array(holders.prefix(2)), holders] {
                    for holder in cut { holder.connection.setCut(true) }
                    try await world.time.sleep(for: .seconds(11))
                    try await search.renew()
                    #expect(await search.found.count == 3)
                    #expect(await search.holders == 3)
                }
                for holder in holders { holder.connection.setCut(false) }
                await world.fabric.waitUntilServing(holders.map(\.id))
                try await world.time.sleep(for: .seconds(11))
                try await search.renew()
                #expect(await search.found.allSatisfy { !$0.isSilent })
            }
        }

        @Test func theHistoryIsComparedOnceTheKnownHoldersAnswered() async throws {
            try await withKnownHolders { world, owner in
                var settings = owner.context.settings
                settings.placement.discovery = Self.weeks
                try await HistoryGuard(owner.context.with(settings)).check()

                let other = try world.owner()
                try await other.context.catalog.saw(try await owner.context.catalog.nodes())
                await #expect(throws: HistoryError.behind(known: 0, found: 1)) {
                    try await HistoryGuard(other.context.with(settings)).check()
                }
            }
        }
    }
}
