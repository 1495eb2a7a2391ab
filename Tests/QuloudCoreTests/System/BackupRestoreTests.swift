import QuloudCore
import QuloudTestKit
import Testing

extension SystemTests {
    @Suite struct BackupRestoreTests {
        /// What a restore is to give: everything but what cannot be kept.
        private func expected(_ owner: TestOwner) -> [String: InMemoryTree.Sketch] {
            owner.original.filter { $0.value.kind != .special("a FIFO") }
        }

        @Test func backupPlacesEachChunkOnDistinctNodesAndRestoreIsEqual() async throws {
            try await World.with(holders: 5) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let result = try await owner.backup()
                #expect(result.isProtected)
                #expect(result.placement.fewest == 3 && result.placement.partial == 0)
                #expect(result.headCopies == 5)
                #expect(result.progress.problems == 0)
                let map = try await owner.replicaMap()
                #expect(map.count > 10)
                #expect(map.values.allSatisfy { $0.count == 3 })
                for holder in holders {
                    let held = Set(try await holder.holdings().filter { $0.state == .stored }.map(\.chunk))
                    #expect(Set(map.filter { $0.value.contains(holder.id) }.keys).isSubset(of: held))
                }
                #expect(world.fabric.dataCount == 0, "the broker keeps nothing once the quorum is met")
                #expect(try await owner.restore(result.snapshot) == expected(owner))
            }
        }

        @Test func pathsAreRestoredAlone() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                let one = try await owner.restore(snapshot, select: ["home/small/7.txt"])
                #expect(one["home/small/7.txt"] == expected(owner)["home/small/7.txt"])
                #expect(one.filter { $0.value.kind != .directory }.count == 1)
                // The original of a hard link that was not selected itself.
                let linked = try await owner.restore(snapshot, select: ["home/small"])
                #expect(linked["home/small/hard link"]?.content == expected(owner)["home/large"]?.content)
            }
        }

        @Test func anUnchangedFolderIsNotStoredAgain() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let first = try await owner.backup()
                let second = try await owner.backup()
                #expect(second.progress.readBytes == 0)
                #expect(second.progress.unchangedFiles == second.progress.files)
                #expect(second.progress.newChunks < 5, "only lists and manifests")
                owner.tree.write("/home/large", testBytes(2_500_000, seed: 101) + [1])
                let third = try await owner.backup()
                #expect(third.progress.newSealedBytes < 1_500_000)
                #expect(third.progress.newSealedBytes > 0)
                #expect(try await owner.restore(third.snapshot) == expected(owner))
                #expect(
                    try await owner.restore(first.snapshot)["home/large"]?.content == testBytes(2_500_000, seed: 101))
                #expect(try await owner.catalog.snapshots().count == 3)
            }
        }

        @Test func withoutHoldersNothingIsRecorded() async throws {
            try await World.with(holders: 0) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                await #expect(throws: NoHolders.self) { try await owner.backup() }
                #expect(try await owner.catalog.snapshots().isEmpty)
            }
        }

        @Test func tooFewHoldersAreReportedAndAJoiningNodeHeals() async throws {
            try await World.with(holders: 2) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let result = try await owner.backup()
                #expect(!result.isProtected)
                #expect(result.placement.fewest == 2)
                #expect(result.placement.complete == 0)
                let summary = try await owner.catalog.summary()
                #expect(summary.pendingReplicas == summary.chunks)
                let third = try await world.join(3)
                let healed = try await owner.heal()
                #expect(healed.stillBelow == 0 && healed.healed == summary.chunks)
                #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 && $0.contains(third.id) })
                #expect(try await owner.audit().valid == 3 * summary.chunks)
                #expect(try await owner.restore(result.snapshot) == expected(owner))
            }
        }

        @Test func theOwnersOwnNodeNeverCounts() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner(ownNode: holders[0].id)
                let catalog = owner.catalog
                holders[0].isOwnMailbox.withLock { isOwn in
                    isOwn = { mailbox in (try? await catalog.mailboxes().contains { $0.id == mailbox }) ?? false }
                }
                owner.tree.fillHome()
                let result = try await owner.backup()
                #expect(result.placement.fewest == 2)
                #expect(try await holders[0].holdings().isEmpty)
                #expect(try await owner.replicaMap().values.allSatisfy { $0 == [holders[1].id, holders[2].id] })
            }
        }

        @Test func aFullHolderDeclinesAndOthersTake() async throws {
            try await World.with(holders: 3) { world, _ in
                let full = try await world.join(9) { $0.capacityBytes = 6 << 20 }
                let owner = try world.owner()
                owner.tree.fillHome()
                owner.tree.write("/home/more", testBytes(12 << 20, seed: 77))
                let result = try await owner.backup()
                #expect(result.isProtected)
                #expect(try await full.index.usage().storedBytes <= 6 << 20)
                #expect(try await owner.restore(result.snapshot) == expected(owner))
            }
        }

        @Test func aBlobThatFindsNoRoomComesAgainAndNothingElseIsLost() async throws {
            try await World.with(holders: 3) { world, holders in
                holders[0].blobs.refuse(next: 2)
                let owner = try world.owner()
                owner.tree.fillHome()
                #expect(try await owner.backup().isProtected)
                for holder in holders {
                    let names = try await holder.blobs.names(after: nil, limit: 10_000)
                    #expect(try await holder.holdings().map(\.key).sorted() == names && !names.isEmpty)
                }
            }
        }

        @Test func filesThatChangeOrVanishAreReportedAndTheRestIsKept() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                owner.tree.deny("/home/medium/3")
                let tree = owner.tree
                tree.beforeRead { [unowned tree] path, offset in
                    if path == "/home/large", offset > 0 { tree.write(path, testBytes(2_400_000, seed: 5)) }
                    if path == "/home/small/5.txt" { tree.remove("/home/small/6.txt") }
                }
                let result = try await owner.backup()
                #expect(result.isProtected)
                let problems = owner.notes.value.filter { $0.severity == .warning }.map(\.subject)
                #expect(problems.contains("/home/medium/3"))
                #expect(problems.contains { ["/home/large", "/home/small/hard link"].contains($0) })
                let restored = try await owner.restore(result.snapshot)
                #expect(restored["home/medium/3"] == nil)
                #expect(restored["home/small/6.txt"] == nil)
                #expect(restored["home/small/7.txt"] == expected(owner)["home/small/7.txt"])
                #expect(restored["home/text"] == expected(owner)["home/text"])
            }
        }

        @Test func twoOwnersShareTheFabric() async throws {
            try await World.with(holders: 4) { world, _ in
                let owners = [try world.owner(1), try world.owner(2)]
                for owner in owners { owner.tree.fillHome() }
                owners[1].tree.write("/home/mine", testBytes(100_000, seed: 9))
                async let first = owners[0].backup()
                async let second = owners[1].backup()
                let results = [try await first, try await second]
                #expect(results.allSatisfy { $0.isProtected })
                let maps = [try await owners[0].replicaMap(), try await owners[1].replicaMap()]
                #expect(Set(maps[0].keys).isDisjoint(with: maps[1].keys), "the same content, other chunks")
                for (owner, result) in zip(owners, results) {
                    #expect(try await owner.restore(result.snapshot) == expected(owner))
                    #expect(try await owner.audit().lost.isEmpty)
                }
            }
        }

        @Test func oneOwnerRecoversFromTheRootSecretAlone() async throws {
            try await World.with(holders: 4) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                owner.tree.write("/home/later", testBytes(700_000, seed: 4))
                let last = try await owner.backup().snapshot
                // One holder with everything it has is away.
                holders[0].connection.setCut(true)
                let again = try world.owner()
                let recovered = try await again.recover()
                #expect(recovered.headSequence == 2)
                #expect(recovered.missingChunks == 0)
                #expect(recovered.snapshots == [try #require(try await owner.catalog.snapshots().first), last])
                #expect(try await again.restore(last) == expected(owner))
                // The usual commands work again.
                holders[0].connection.setCut(false)
                let healed = try await again.heal()
                #expect(healed.unrecoverable.isEmpty && healed.stillBelow == 0)
                #expect(try await again.audit().lost.isEmpty)
                again.tree.fillHome()
                let next = try await again.backup()
                #expect(next.isProtected)
                #expect(try await again.catalog.head()?.sequence == 3)
            }
        }

        @Test func aStrangerRecoversNothing() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner(1)
                owner.tree.fillHome()
                try await owner.backup()
                let stranger = try world.owner(2)
                await #expect(throws: RecoverError.noHead) { try await stranger.recover() }
            }
        }
    }
}
