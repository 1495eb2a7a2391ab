import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

/// What may go wrong between the steps: each of these once did.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DurabilityTests {
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
                    task = Task {
                        try await Task.sleep(for: .milliseconds(3500))
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
