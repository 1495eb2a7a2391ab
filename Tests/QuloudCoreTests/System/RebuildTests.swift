import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    /// The blobs are the truth: an index that is lost comes back from them.
    @Suite struct RebuildTests {
        /// A world with one backup; `body` gets its first holder and how many chunks there are.
        private func afterBackup(
            _ body: (TestHolder, TestOwner, _ snapshot: Snapshot, _ chunks: Int) async throws -> Void
        ) async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                try await body(holders[0], owner, snapshot, owner.replicaMap().count)
            }
        }

        private func rebuild(_ holder: TestHolder) async throws -> Adoption {
            try await RebuildIndex(holder.context).run()
        }

        @Test func aLostIndexComesBackAndEveryPromiseIsKept() async throws {
            try await afterBackup { holder, owner, snapshot, chunks in
                let before = try await holder.holdings()
                try await holder.index.remove(before.map(\.key))
                #expect(try await owner.audit().lost.count == chunks, "nothing is known without an index")
                #expect(try await rebuild(holder).adopted == chunks)
                let after = try await holder.holdings()
                for (old, new) in zip(before, after) {
                    #expect(new.leaseUntil >= old.leaseUntil)
                    var new = new
                    new.leaseUntil = old.leaseUntil
                    #expect(new == old)
                }
                _ = try await owner.heal()
                let audit = try await owner.audit()
                #expect(audit.valid == 3 * chunks && audit.lost.isEmpty)
                #expect(try await owner.restore(snapshot)["home/large"]?.content == testBytes(2_500_000, seed: 101))
            }
        }

        @Test func anInterruptedRebuildGoesOnAndRepeatingChangesNothing() async throws {
            try await afterBackup { holder, _, _, chunks in
                let before = try await holder.holdings()
                let kept = before.count / 3
                try await holder.index.remove(before.dropFirst(kept).map(\.key))
                #expect(try await rebuild(holder).adopted == chunks - kept)
                let after = try await holder.holdings()
                #expect(Array(after.prefix(kept)) == Array(before.prefix(kept)))
                #expect(try await rebuild(holder) == Adoption())
                #expect(try await holder.holdings() == after)
            }
        }

        @Test func aRebuildCanBeStoppedAndGoesOn() async throws {
            try await afterBackup { holder, _, _, chunks in
                let holdings = try await holder.holdings()
                try await holder.index.remove(holdings.map(\.key))
                let context = holder.context
                let stopped = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await RebuildIndex(context).run()
                }
                await #expect(throws: CancellationError.self) { try await stopped.value }
                #expect(try await rebuild(holder).adopted == chunks)
            }
        }

        @Test func noRenewedLeaseGetsShorter() async throws {
            try await afterBackup { holder, owner, _, _ in
                owner.pass(.seconds(100 * 86_400))
                #expect(try await RenewLeases(owner.context).run() > 0)
                let before = try await holder.holdings()
                try await holder.index.remove(before.map(\.key))
                _ = try await rebuild(holder)
                for (old, new) in zip(before, try await holder.holdings()) { #expect(new.leaseUntil >= old.leaseUntil) }
            }
        }

        @Test func blobsThatDoNotOpenAreQuarantinedAndAuditsHearOfThem() async throws {
            try await afterBackup { holder, owner, _, chunks in
                let holdings = try await holder.holdings()
                let (payload, header) = (holdings[0], holdings[1])
                holder.blobs.tamper(with: payload.key) { $0[$0.count - 1] ^= 1 }
                holder.blobs.tamper(with: header.key) { $0[60] ^= 1 }
                try await holder.index.remove(holdings.map(\.key))
                let found = try await rebuild(holder)
                #expect(found.adopted == chunks - 2 && found.quarantined == 2)
                #expect(Set(holder.blobs.quarantined.keys) == [payload.key, header.key])
                let lost = try await owner.audit().lost
                #expect(Set(lost.map(\.chunk)) == [payload.chunk, header.chunk])
                #expect(try await owner.heal().stillBelow == 0)
                #expect(try await owner.audit().valid == 3 * chunks)
            }
        }

        @Test func blobsOfAnotherNodeAreLeftAlone() async throws {
            try await afterBackup { holder, _, _, chunks in
                let stranger = HolderContext(
                    keys: try NodeKeys(secret: SecretBytes(random: 32)), index: InMemoryChunkIndex(),
                    heads: holder.index, blobs: holder.blobs, fabric: holder.connection, time: holder.context.time,
                    entropy: holder.context.entropy, settings: HolderSettings(), isOwn: { _ in false }, note: { _ in })
                await #expect(throws: RebuildError.foreignBlobs) { try await RebuildIndex(stranger).run() }
                #expect(try await holder.blobs.names(after: nil, limit: 10_000).count == chunks)
            }
        }

        // MARK: While it serves

        private func scrubOnce(_ holder: TestHolder) async throws -> Int {
            try await Scrub(holder.context).advance(by: .seconds(150), within: .seconds(100))
        }

        @Test func theScrubBringsOrphansIntoTheIndex() async throws {
            try await afterBackup { holder, owner, _, chunks in
                let holdings = try await holder.holdings()
                try await holder.index.remove([holdings[0].key, holdings[chunks / 2].key, holdings[chunks - 1].key])
                #expect(try await scrubOnce(holder) == 0)
                #expect(try await holder.holdings().map(\.key) == holdings.map(\.key))
                #expect(try await owner.audit().valid == 3 * chunks)
            }
        }

        @Test func theScrubFindsOrphansInAnEmptyIndex() async throws {
            try await afterBackup { holder, _, _, chunks in
                try await holder.index.remove(try await holder.holdings().map(\.key))
                let scrub = Scrub(holder.context)
                for _ in 0..<chunks + 2 { _ = try await scrub.advance(by: .seconds(100), within: .seconds(100)) }
                #expect(try await holder.holdings().count == chunks)
            }
        }

        @Test func aChunkThatIsBeingStoredIsNoOrphan() async throws {
            try await afterBackup { holder, _, _, _ in
                let holding = try #require(try await holder.holdings().first)
                try await holder.index.remove([holding.key])
                let (isIn, mayCommit) = (Promise<Bool>(), Promise<Bool>())
                let context = holder.context
                async let storing: Void = context.changes.changing([holding.key]) {
                    isIn.fulfil(.success(true))
                    _ = try await mayCommit.value()
                    try await context.index.commit([holding])
                }
                _ = try await isIn.value()
                async let adoption = context.adopt([holding.key])
                // Time enough to get it wrong.
                try await Task.sleep(for: .milliseconds(100))
                mayCommit.fulfil(.success(true))
                try await storing
                #expect(try await adoption == Adoption())
                #expect(try await holder.holdings().first == holding, "the row of the store request stays")
            }
        }

        @Test func theScrubRepairsADamagedRowFromItsBlob() async throws {
            try await afterBackup { holder, owner, _, chunks in
                var garbled = try #require(try await holder.holdings().first)
                garbled.sealedTerms[30] ^= 1
                try await holder.index.commit([garbled])
                #expect(try await scrubOnce(holder) == 0)
                #expect(try await owner.audit().valid == 3 * chunks)
                // Without the blob there is nothing to repair it from, and nothing that anybody could claim.
                try await holder.index.commit([garbled])
                try await holder.blobs.remove([garbled.key])
                #expect(try await scrubOnce(holder) == 1)
                #expect(try await holder.holdings().count == chunks - 1)
            }
        }

        @Test func aMissingBlobIsReportedTheSameWayEveryTime() async throws {
            try await afterBackup { holder, owner, _, chunks in
                let gone = try #require(try await holder.holdings().first)
                try await holder.blobs.remove([gone.key])
                for _ in 0..<2 {
                    let audit = try await owner.audit()
                    for finding in audit.lost {
                        guard case .lost(.damaged, _) = finding.state else {
                            Issue.record("\(finding.state)")
                            continue
                        }
                    }
                    #expect(audit.lost.map(\.chunk) == [gone.chunk])
                    _ = try await owner.catalog.update(
                        audit.lost.map { finding in
                            Replica(
                                chunk: finding.chunk, node: finding.node, state: .valid, since: owner.time.now,
                                provenAt: owner.time.now, nextAudit: owner.time.now, leaseUntil: gone.leaseUntil)
                        })
                }
            }
        }

        @Test func theUsageIsWhatLiesOnTheDisk() async throws {
            try await afterBackup { holder, _, _, _ in
                let holdings = try await holder.holdings()
                try await holder.blobs.remove([holdings[0].key])
                holder.blobs.tamper(with: holdings[1].key) { $0[$0.count - 1] ^= 1 }
                #expect(try await scrubOnce(holder) == 2)
                var trashed = holdings[2]
                trashed.state = .trashed
                trashed.trashedUntil = holder.context.time.now.advanced(by: .seconds(1000))
                try await holder.index.commit([trashed])

                var onDisk = holder.blobs.quarantined.values.reduce(0) { $0 + $1.count }
                for name in try await holder.blobs.names(after: nil, limit: 10_000) {
                    onDisk += try #require(try await holder.blobs.read(name)).count
                }
                let usage = try await holder.index.usage()
                #expect(usage.storedBytes == Int64(onDisk))
                #expect(usage.damagedChunks == 2 && usage.trashedChunks == 1)
                let free = holder.context.settings.capacityBytes - usage.storedBytes
                #expect(try await holder.context.freeBytes() == free)
            }
        }

        @Test func aStoreThatTakesNothingMoreHasNoRoom() async throws {
            try await World.with(holders: 5) { world, holders in
                holders[0].blobs.degrade()
                holders[1].index.degrade()
                let owner = try world.owner()
                let announced = try await Discovery(owner.context).holders()
                for holder in holders[..<2] {
                    #expect(announced.first { $0.node == holder.id }?.freeBytes == 0)
                }
                owner.tree.fillHome()
                #expect(try await owner.backup().isProtected)
                for holder in holders[..<2] {
                    #expect(try await holder.holdings().isEmpty)
                    #expect(try await holder.blobs.names(after: nil, limit: 1).isEmpty)
                }
            }
        }
    }
}
