import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    /// A catalog that is not the newest is not written on.
    @Suite struct HistoryTests {
        @Test func anOldCatalogIsRefused() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                // What a restored disk image is: the catalog as it was after the first backup.
                let old = try world.owner { $0.quorum = 4 }
                old.tree.fillHome(seed: 3)
                _ = try await old.recover()
                try await owner.backup()
                let refusal = HistoryError.behind(known: 1, found: 2)
                await #expect(throws: refusal) { try await old.backup() }
                await #expect(throws: refusal) { try await old.heal() }
                #expect(try await old.catalog.snapshots().count == 1)
                #expect(try await old.catalog.head()?.sequence == 1)
                try await owner.backup()
                #expect(try await owner.catalog.head()?.sequence == 3)
            }
        }

        @Test func aHeadIsSpreadWhenTheBrokerIsBack() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let keeper = HeadKeeper(owner.context)
                let head = try keeper.next(after: await owner.catalog.head(), content: HeadContent(list: []))
                world.fabric.setReachable(false)
                async let copies = keeper.spread(head, holders: 3)
                try await world.time.sleep(for: .seconds(5))
                world.fabric.setReachable(true)
                #expect(await copies == 3)
            }
        }

        @Test func theOwnNodesCopyOfTheHeadTakesNobodysPlace() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner(ownNode: holders[0].id) { $0.quorum = 2 }
                owner.tree.fillHome()
                #expect(try await owner.backup().headCopies == 2)
                let keeper = HeadKeeper(owner.context)
                let head = try #require(try await owner.catalog.head())
                for _ in 0..<5 { #expect(try await keeper.publish(head, answers: 2) == 2) }
            }
        }

        @Test func anEmptyCatalogOfAnOwnerWithAHistoryIsRefused() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let empty = try world.owner()
                empty.tree.fillHome()
                await #expect(throws: HistoryError.behind(known: 0, found: 1)) { try await empty.backup() }
            }
        }

        @Test func twoOwnersWithOneKeyAreFoundOutAndRecoveryLeadsOn() async throws {
            try await World.with(holders: 4) { world, holders in
                let first = try world.owner { $0.quorum = 2 }
                let second = try world.owner { $0.quorum = 2 }
                for (owner, absent) in [(first, holders[2...]), (second, holders[..<2])] {
                    owner.tree.fillHome(seed: owner.catalog === first.catalog ? 1 : 2)
                    for holder in absent { holder.connection.setCut(true) }
                    try await owner.backup()
                    for holder in absent { holder.connection.setCut(false) }
                }
                for owner in [first, second] {
                    await #expect(throws: HistoryError.forked(at: 1)) { try await owner.backup() }
                }
                let third = try world.owner { $0.quorum = 2 }
                third.tree.fillHome(seed: 1)
                _ = try await third.recover()
                #expect(try await third.backup().headCopies == 4, "its head is newer than those of both branches")
                #expect(try await third.catalog.snapshots().count == 3)
                await #expect(throws: HistoryError.self) { try await first.backup() }
                let fourth = try world.owner { $0.quorum = 2 }
                #expect(try await fourth.recover().snapshots.count == 3)
            }
        }

        /// Every copy of the list is gone, and the heads are there: told first, and then there is a way on.
        @Test func aHeadWithoutItsListIsNotTheEnd() async throws {
            try await World.with(holders: 2) { world, holders in
                let owner = try world.owner { $0.quorum = 2 }
                owner.tree.fillHome()
                try await owner.backup()
                for holder in holders { try await holder.deleteBlobs() }
                let next = try world.owner { $0.quorum = 2 }
                next.tree.fillHome()
                await #expect(throws: RecoverError.unreadable) { try await next.recover() }
                #expect(try await next.catalog.head() == nil, "nothing is given up unasked")
                let result = try await next.recover(withoutList: true)
                #expect(result.isListLost && result.snapshots == [] && result.headSequence == 1)
                #expect(next.notes.value.contains { $0.text.contains("no list of snapshots is left") })
                #expect(try await next.backup().isProtected)
                #expect(try await next.catalog.head()?.sequence == 2)
                let third = try world.owner { $0.quorum = 2 }
                #expect(try await third.recover().snapshots.count == 1)
            }
        }

        /// The leases ended while the machine was lost: what is in the trash still is found, and does not count.
        @Test func whatLiesInTheTrashIsFoundWithoutACatalog() async throws {
            try await World.with(holders: 2) { world, holders in
                let owner = try world.owner { $0.quorum = 2 }
                owner.tree.fillHome()
                let made = try await owner.backup()
                for holder in holders {
                    var holdings = try await holder.holdings()
                    for index in holdings.indices {
                        holdings[index].state = .trashed
                        holdings[index].trashedUntil = world.time.now.advanced(by: .seconds(86_400))
                    }
                    try await holder.index.commit(holdings)
                }
                let next = try world.owner { $0.quorum = 2 }
                let result = try await next.recover()
                #expect(result.snapshots.map(\.id) == [made.snapshot.id] && result.replicas == 0)
                let expected = owner.original.filter { $0.value.kind != .special("a FIFO") }
                #expect(try await next.restore(made.snapshot) == expected)
                let healed = try await next.heal()
                #expect(healed.unrecoverable == [] && healed.stillBelow == 0)
                for holder in holders {
                    #expect(try await holder.holdings().allSatisfy { $0.state == .stored })
                }
            }
        }

        /// One part of a restore that fails ends the others.
        @Test func aManifestThatCannotBeHadEndsTheRestore() async throws {
            try await World.with(holders: 2) { world, holders in
                let owner = try world.owner { $0.quorum = 2 }
                owner.tree.fillHome()
                let made = try await owner.backup()
                for holder in holders { try await holder.deleteBlobs() }
                // Nothing is kept locally here, and nothing is known of who holds what.
                let other = try world.owner { $0.quorum = 2 }
                await #expect(throws: ChunkUnavailable.self) { try await other.restore(made.snapshot) }
            }
        }

        @Test func silenceIsNoReasonToStop() async throws {
            try await World.with(holders: 2) { world, holders in
                let owner = try world.owner { $0.quorum = 2 }
                owner.tree.fillHome()
                try await owner.backup()
                let empty = try world.owner()
                for holder in holders { holder.connection.setCut(true) }
                try await HistoryGuard(empty.context).check()
                for holder in holders { holder.connection.setCut(false) }
                await #expect(throws: HistoryError.self) { try await HistoryGuard(empty.context).check() }
            }
        }
    }
}
