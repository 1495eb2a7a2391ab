import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    /// One set of words on two machines: the history forks, and no snapshot of either may be lost for it.
    @Suite struct ForkTests {
        @Test func recoveryBringsBackTheSnapshotsOfBothBranches() async throws {
            try await World.with(holders: 4) { world, holders in
                let first = try world.owner { $0.quorum = 2 }
                let second = try world.owner { $0.quorum = 2 }
                first.tree.fillHome(seed: 1)
                second.tree.fillHome(seed: 2)
                // Each machine meets half of the holders, so both write the first page of the history.
                var snapshots: [Snapshot] = []
                for (owner, absent) in [(first, holders[2...]), (second, holders[..<2])] {
                    for holder in absent { holder.connection.setCut(true) }
                    snapshots.append(try await owner.backup().snapshot)
                    for holder in absent { holder.connection.setCut(false) }
                }
                let third = try world.owner { $0.quorum = 2 }
                let result = try await third.recover()
                #expect(Set(result.snapshots.map(\.id)) == Set(snapshots.map(\.id)))
                #expect(result.missingChunks == 0)
                for (owner, snapshot) in zip([first, second], snapshots) {
                    let expected = owner.original.filter { $0.value.kind != .special("a FIFO") }
                    #expect(try await third.restore(snapshot) == expected)
                }
            }
        }

        @Test func aForkIsSeenByNumberAndByHash() throws {
            let keys = try OwnerKeys(root: SecretBytes(random: 32))
            func head(_ sequence: UInt64, after previous: Bytes32) -> (head: CatalogHead, hash: Bytes32) {
                let head = CatalogHead(
                    key: keys.headKey, sequence: sequence, previous: previous, issued: Timestamp(seconds: 1),
                    sealedContent: [])
                return (head, SHA256.hash(head.signed(by: keys.head)))
            }
            let one = head(1, after: Bytes32())
            let two = head(2, after: one.hash)
            let other = head(2, after: two.hash)
            #expect(Recover.fork(in: [two, one]) == nil)
            #expect(Recover.fork(in: [head(5, after: two.hash), one]) == nil)
            #expect(Recover.fork(in: [two, other, one]) == 2)
            #expect(Recover.fork(in: [other, one]) == 2)
        }
    }
}
