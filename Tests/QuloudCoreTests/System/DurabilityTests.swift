import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// What may go wrong between the steps: each of these once did.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DurabilityTests {
    /// Lets a holder answer questions of one kind as `answer` says.
    private func cheat(
        _ holder: TestHolder, _ kind: QuestionKind,
        _ answer: @escaping @Sendable (Question, _ honest: TestHolder.Answer) async -> [UInt8]?
    ) {
        holder.cheat.withLock { cheat in
            cheat = { question, honest in
                question.kind == kind ? await answer(question, honest) : await honest(question)
            }
        }
    }

    // MARK: Audits

    @Test func aNodeThatIsThereButProvesNothingDoesNotHoldUpTheAudit() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(200_000))
            try await owner.backup()
            cheat(holders[0], .prove) { _, _ in nil }
            let chunks = try await owner.replicaMap().count
            let audit = try await owner.audit()
            #expect(audit.suspect.count == chunks && audit.valid == 2 * chunks)
            #expect(audit.challenged == 3 * chunks)
        }
    }

    @Test func excusesAreGoodForTheGracePeriodOnly() async throws {
        try await World.with(holders: 4) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(200_000))
            try await owner.backup()
            let lazy = try #require(try await holders.async { try await !$0.holdings().isEmpty })
            let held = try await lazy.holdings().count
            try await lazy.deleteBlobs()
            cheat(lazy, .prove) { [keys = lazy.keys] question, _ in
                guard let (request, _) = try? ProofRequest.parse(question.request) else { return nil }
                return ProofResponse(node: keys.id, answers: request.chunks.map { _ in .busy }).signed(
                    by: keys.identity, request: SHA256.hash(question.request))
            }
            let first = try await owner.audit()
            #expect(first.undecided == held && first.lost.isEmpty)
            owner.pass(owner.context.settings.grace + .seconds(60))
            let second = try await owner.audit()
            #expect(second.lost.count == held && second.lost.allSatisfy { $0.node == lazy.id })
            #expect(try await owner.heal().healed == held)
        }
    }

    @Test func aRenewalDoesNotBringBackWhatAnAuditFoundLost() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(200_000))
            try await owner.backup()
            cheat(holders[0], .renew) { [id = holders[0].id] question, honest in
                let all = (try? await owner.catalog.replicas(after: nil, on: id, limit: 100)) ?? []
                let lost = all.map { replica in
                    var lost = replica
                    lost.state = .lost(.refuted, at: owner.time.now)
                    return lost
                }
                try? await owner.catalog.update(lost)
                return await honest(question)
            }
            owner.pass(owner.context.settings.lease / 2 + .seconds(3600))
            _ = try await RenewLeases(owner.context).run()
            #expect(try await owner.replicaMap().values.allSatisfy { !$0.contains(holders[0].id) })
        }
    }

    // MARK: Holders

    @Test func aLeaseRenewedDuringTheSweepIsNotSwept() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(200_000))
            try await owner.backup()
            let holder = holders[0]
            let index = WatchedIndex(holder.index)
            let context = HolderContext(
                keys: holder.keys, index: index, heads: holder.index, blobs: holder.blobs, fabric: holder.connection,
                time: world.time, entropy: SeededEntropy(seed: 1), settings: holder.context.settings,
                isOwn: { _ in false }, note: { _ in })
            let answers = AnswerQuestions(context)
            holder.cheat.withLock { $0 = { question, _ in await answers.answer(question) } }
            let held = try await holder.holdings()
            let renewed = Shared<[ChunkID]>([])
            index.afterExpired.withLock { hook in
                hook = {
                    guard renewed.value.isEmpty else { return }
                    let done = try? await NodeRequests(owner.context).renew(held.map(\.chunk), at: holder.id)
                    renewed.withLock { $0 = done ?? [] }
                }
            }
            owner.pass(owner.context.settings.lease + .seconds(3600))
            #expect(try await ExpireLeases(context).sweep() == 0)
            #expect(Set(renewed.value) == Set(held.map(\.chunk)))
            #expect(try await holder.blobs.names(after: nil, limit: 100).count == held.count)
            #expect(try await holder.holdings().allSatisfy { $0.state == .stored && $0.leaseUntil > world.time.now })
        }
    }

    @Test func nobodyVouchesForWhatIsGone() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(200_000))
            try await owner.backup()
            // The owner thinks that the node was away too long; the node does not know that its disk was emptied.
            try await holders[0].deleteBlobs()
            let there = try await owner.catalog.replicas(after: nil, on: holders[0].id, limit: 100)
            try await owner.catalog.update(
                there.map { replica in
                    var lost = replica
                    lost.state = .lost(.silent, at: world.time.now)
                    return lost
                })
            #expect(try await owner.heal().healed == there.count)
            let audit = try await owner.audit()
            #expect(audit.lost.isEmpty && audit.valid == audit.challenged)
            #expect(try await holders[0].blobs.names(after: nil, limit: 100).count == there.count)
        }
    }

    @Test func aReceiptIsNotForWhatIsAboutToBeRemoved() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(200_000))
            try await owner.backup()
            // Ended leases, not swept yet; the owner places the chunks anew.
            owner.pass(owner.context.settings.lease + .seconds(3600))
            _ = try await owner.catalog.update(
                try await owner.catalog.replicas(after: nil, on: nil, limit: 100).map { replica in
                    var lost = replica
                    lost.state = .lost(.expired, at: world.time.now)
                    return lost
                })
            let result = try await owner.backup()
            #expect(result.placement.partial == 0)
            #expect(try await owner.heal().stillBelow == 0)
            for holder in holders { _ = try await ExpireLeases(holder.context).sweep() }
            let audit = try await owner.audit()
            #expect(audit.lost.isEmpty && audit.valid == audit.challenged && audit.challenged > 0)
        }
    }

    @Test func changesOfOneHoldingComeOneAfterTheOther() async throws {
        let locks = HoldingLocks()
        let keys = (0..<4).map { HoldingKey(SHA256.hash([UInt8($0)])) }
        let inside = Shared<[HoldingKey: Int]>([:])
        let overlaps = Shared(0)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                let mine = Set([keys[number % 4], keys[(number / 4) % 4]])
                group.addTask {
                    await locks.changing(mine) {
                        for key in mine {
                            inside.withLock { $0[key, default: 0] += 1 }
                            if inside.value[key] != 1 { overlaps.withLock { $0 += 1 } }
                        }
                        await Task.yield()
                        for key in mine { inside.withLock { $0[key, default: 0] -= 1 } }
                    }
                }
            }
        }
        #expect(overlaps.value == 0)
    }

    // MARK: Placing

    @Test func anOutageDoesNotCountAgainstTheHolders() async throws {
        try await World.with(holders: 3) { world, _ in
            let owner = try world.owner { $0.placement.giveUpAfter = .seconds(20) }
            owner.tree.fillHome()
            let fabric = world.fabric
            let outage = Shared<Task<Void, any Error>?>(nil)
            fabric.intercept { crossing in
                guard crossing.kind == .receipts else { return .pass }
                outage.withLock { task in
                    guard task == nil else { return }
                    fabric.setReachable(false)
                    // Longer than holders are waited for, shorter than the broker is.
                    task = Task { [time = world.time] in
                        try await time.sleep(for: .seconds(35))
                        fabric.setReachable(true)
                    }
                }
                return .pass
            }
            let result = try await owner.backup()
            try await outage.value?.value
            #expect(result.placement.failed == 0 && result.placement.partial == 0)
            #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 })
        }
    }

    /// The broker goes while holders are asked again, and receipts come late after it is back.
    @Test func anOutageWhileHoldersAreAskedAgainDoesNotCountAgainstThemEither() async throws {
        try await World.with(holders: 3) { world, _ in
            let owner = try world.owner { $0.placement.giveUpAfter = .seconds(20) }
            owner.tree.fillHome()
            let (fabric, time) = (world.fabric, world.time)
            let firstTicket = Shared<Duration?>(nil)
            let outage = Shared<Task<Void, any Error>?>(nil)
            fabric.intercept { crossing in
                guard crossing.kind == .ticket || crossing.kind == .receipts else { return .pass }
                let first = firstTicket.withLock { first in
                    first = first ?? time.uptime
                    return first ?? .zero
                }
                // Before holders are asked again, nothing arrives.
                guard time.uptime - first > owner.context.settings.placement.askOthersAfter else { return .drop }
                outage.withLock { task in
                    guard task == nil else { return }
                    fabric.setReachable(false)
                    task = Task {
                        try await time.sleep(for: .seconds(35))
                        fabric.setReachable(true)
                    }
                }
                return crossing.kind == .receipts ? .delay(.seconds(5)) : .pass
            }
            let result = try await owner.backup()
            try await outage.value?.value
            #expect(result.placement.failed == 0 && result.placement.partial == 0)
        }
    }

    @Test func holdersThatAreSlowToAnswerAreWaitedFor() async throws {
        try await World.with(holders: 3) { world, _ in
            let owner = try world.owner()
            owner.tree.fillHome()
            // The twin waits for all answers that are on their way, unless it is told to be as impatient as a broker.
            world.fabric.setRules { $0.hurries = false }
            world.fabric.intercept { $0.kind == .answer(.announce) ? .delay(.milliseconds(1200)) : .pass }
            let result = try await owner.backup()
            #expect(result.placement.fewest == 3)
        }
    }

    @Test func theNextBackupCompletesAnInterruptedOne() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.fillHome()
            // Receipts of two batches arrive: no chunk has more than two replicas.
            let left = Shared(2)
            world.fabric.intercept { crossing in
                guard crossing.kind == .receipts else { return .pass }
                return left.withLock { left in
                    left -= 1
                    return left < 0 ? .drop : .pass
                }
            }
            let first = Task { try await owner.backup() }
            while try await owner.replicaMap().isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            first.cancel()
            await #expect(throws: (any Error).self) { try await first.value }
            let begun = try await owner.replicaMap()
            #expect(begun.values.allSatisfy { $0.count < 3 })
            #expect(world.fabric.dataCount == 0, "nothing is left at the broker")
            world.fabric.intercept { _ in .pass }
            let result = try await owner.backup()
            #expect(result.isProtected)
            #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 })
            let audit = try await owner.audit()
            #expect(audit.valid == audit.challenged)
        }
    }

    @Test func aHigherQuorumHoldsForWhatIsThereAlready() async throws {
        try await World.with(holders: 4) { world, _ in
            let owner = try world.owner { $0.quorum = 2 }
            owner.tree.write("/home/file", testBytes(400_000))
            #expect(try await owner.backup().isProtected)
            var settings = owner.context.settings
            settings.quorum = 3
            let result = try await Backup(owner.context.with(settings), tree: owner.tree) { _ in }.run(
                [InMemoryTree.path("/home")], label: "", host: "", excluded: [])
            #expect(result.isProtected)
            #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 })
        }
    }

    // MARK: Restoring

    @Test func aLinkToWhatWasNotRestoredIsNotRestoredEither() async throws {
        try await World.with(holders: 3) { world, _ in
            let owner = try world.owner()
            owner.tree.write("/home/a", testBytes(2000))
            owner.tree.link("/home/b", to: "/home/a")
            let snapshot = try await owner.backup().snapshot
            let target = InMemoryTree()
            target.write("/out/home/a", [1, 2, 3])
            let notes = Shared<[Note]>([])
            let done = try await Restore(owner.context, target: target.restoring(into: "/out")) { activity in
                if case .note(let note) = activity { notes.withLock { $0.append(note) } }
            }.run(snapshot, select: [])
            #expect(done.problems == 2)
            #expect(Set(notes.value.map(\.subject)) == ["home/a", "home/b"])
            #expect(target.sketch("/out")["home/b"] == nil)
        }
    }

    // MARK: Recovery

    @Test func aChunkThatNobodyHadAtTheRecoveryIsMissedAndHealedLater() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(400_000))
            try await owner.backup()
            let chunk = try #require(
                try await owner.catalog.chunks(Array(owner.replicaMap().keys)).values.first { $0.purpose == .data })
            // Its holders are away just then, as far as this chunk goes.
            var away: [(TestHolder, Holding)] = []
            for holder in holders {
                for holding in try await holder.holdings() where holding.chunk == chunk.id {
                    away.append((holder, holding))
                    try await holder.index.remove([holding.key])
                }
            }
            let again = try world.owner()
            #expect(try await again.recover().missingChunks == 1)
            #expect(try await again.catalog.summary().chunksWithoutReplica == 1)
            #expect(try await again.heal().unrecoverable == [chunk.id])
            for (holder, holding) in away { try await holder.index.commit([holding]) }
            #expect(try await again.heal().healed == 1)
            #expect(try await again.replicaMap()[chunk.id]?.count == 3)
        }
    }

    @Test func aRecoveryFromAnOlderListDoesNotForkTheHistory() async throws {
        try await World.with(holders: 3) { world, holders in
            let owner = try world.owner()
            owner.tree.write("/home/file", testBytes(2000))
            try await owner.backup()
            owner.tree.write("/home/other", testBytes(3000, seed: 2))
            // One holder misses the second head, and so keeps the first.
            world.fabric.intercept { [id = holders[2].id] crossing in
                crossing.kind == .question(.head) && crossing.node == id ? .drop : .pass
            }
            try await owner.backup()
            world.fabric.intercept { _ in .pass }
            let head = try CatalogHead.verified(#require(try await owner.catalog.head()).bytes)
            let list = try HeadContent(encoded: owner.context.keys.openHead(head.sealedContent)).list.map(\.id)
            for holder in holders {
                try await holder.blobs.remove(try await holder.holdings().filter { list.contains($0.chunk) }.map(\.key))
            }
            let again = try world.owner()
            again.tree.write("/home/file", testBytes(2000))
            #expect(try await again.recover().headSequence == 1)
            let result = try await again.backup()
            #expect(result.headCopies == 3)
            #expect(try await again.catalog.head()?.sequence == 3)
        }
    }
}

extension Sequence {
    fileprivate func async(_ isWanted: (Element) async throws -> Bool) async throws -> Element? {
        for element in self where try await isWanted(element) { return element }
        return nil
    }
}

/// An index that tells when the ended leases have been looked up.
private final class WatchedIndex: ChunkIndex {
    private let inner: InMemoryChunkIndex
    let afterExpired = Shared<@Sendable () async -> Void>({})

    init(_ inner: InMemoryChunkIndex) { self.inner = inner }

    func commit(_ holdings: [Holding]) async throws(ChunkIndexError) { try await inner.commit(holdings) }
    func holdings(of chunks: [ChunkID]) async throws(ChunkIndexError) -> [ChunkID: [Holding]] {
        try await inner.holdings(of: chunks)
    }
    func hasGroup(_ tag: [UInt8], otherThan chunk: ChunkID) async throws(ChunkIndexError) -> Bool {
        try await inner.hasGroup(tag, otherThan: chunk)
    }
    func remove(_ keys: [HoldingKey]) async throws(ChunkIndexError) { try await inner.remove(keys) }
    func usage() async throws(ChunkIndexError) -> HolderUsage { try await inner.usage() }
    func expired(before moment: Timestamp, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        let found = try await inner.expired(before: moment, limit: limit)
        await afterExpired.value()
        return found
    }
    func holdings(after key: HoldingKey?, limit: Int) async throws(ChunkIndexError) -> [Holding] {
        try await inner.holdings(after: key, limit: limit)
    }
}
