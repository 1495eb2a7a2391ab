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
