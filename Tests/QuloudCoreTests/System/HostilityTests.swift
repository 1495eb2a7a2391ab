import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    /// What members of the fabric may try with messages that are all properly signed.
    @Suite struct HostilityTests {
        @Test func aHolderThatIsAlwaysBusyIsFoundOut() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let chunks = try await owner.replicaMap().count
                let keys = holders[0].keys
                holders[0].cheat.withLock { cheat in
                    cheat = { question, honest in
                        guard question.kind == .prove, let (request, _) = try? ProofRequest.parse(question.request)
                        else {
                            return await honest(question)
                        }
                        return ProofResponse(node: keys.id, answers: request.chunks.map { _ in .busy }).signed(
                            by: keys.identity, request: SHA256.hash(question.request))
                    }
                }
                let first = try await owner.audit()
                #expect(first.valid == 2 * chunks && first.undecided == chunks && first.lost.isEmpty)
                owner.pass(owner.context.settings.grace + .seconds(60))
                let second = try await owner.audit()
                #expect(second.lost.count == chunks && second.lost.allSatisfy { $0.node == holders[0].id })
            }
        }

        /// Found by the simulation, seed 143.
        @Test(.timeLimit(.minutes(5))) func aNodeThatRepeatsItsReceiptsDoesNotKeepABackupFromEnding() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner { $0.placement.giveUpAfter = .seconds(120) }
                owner.tree.fillHome()
                let heard = Shared<[Crossing]>([])
                let lucky = holders[0].id
                world.fabric.intercept { crossing in
                    if crossing.kind == .receipts { heard.withLock { $0.append(crossing) } }
                    return crossing.kind == .ticket && crossing.address != .node(lucky) ? .drop : .pass
                }
                let repeating = Task {
                    let connection = world.fabric.holder()
                    while !Task.isCancelled {
                        if let last = heard.value.last, let mailbox = last.mailbox {
                            try? await connection.send(last.bytes, to: mailbox)
                        }
                        try await world.time.sleep(for: .seconds(5))
                    }
                }
                defer { repeating.cancel() }
                let result = try await owner.backup()
                #expect(!result.isProtected)
                #expect(result.placement.fewest == 1)
            }
        }

        @Test func aNodeWhoseKeyIsNoneDoesNotStopTheAudit() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let chunks = try await owner.replicaMap().count
                try await owner.catalog.saw([
                    KnownNode(
                        id: holders[0].id, agreementKey: AgreementKey(Bytes32()), label: "", lastSeen: world.time.now)
                ])
                let audit = try await owner.audit()
                #expect(audit.valid == 2 * chunks)
                #expect(audit.suspect.count == chunks && audit.suspect.allSatisfy { $0.node == holders[0].id })
            }
        }

        @Test func aNodeThatIsThereAndAnswersNoChallengeDoesNotHoldUpTheAudit() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let chunks = try await owner.replicaMap().count
                holders[0].cheat.withLock { cheat in
                    cheat = { question, honest in question.kind == .prove ? nil : await honest(question) }
                }
                let start = world.time.uptime
                let audit = try await owner.audit()
                #expect(world.time.uptime - start < .seconds(600))
                #expect(audit.valid == 2 * chunks && audit.suspect.count == chunks)
            }
        }

        @Test func aTicketWithoutAUsableMailboxIsNotTaken() async throws {
            try await World.with(holders: 1) { world, holders in
                let owner = try world.owner { $0.quorum = 1 }
                let keys = owner.context.keys
                let mailbox = MailboxID(Bytes32())
                let sealed = testBytes(5000)
                let chunk = SealedChunk.id(of: sealed)
                let request = try StoreRequest(
                    chunk: chunk, size: sealed.count, quorum: 1, slot: 0, epoch: 1, lease: .seconds(1000),
                    retrievalKey: keys.retrievalKeys(of: chunk).publicPoint,
                    ownershipKey: keys.ownershipKeys(of: chunk).publicPoint, mailbox: mailbox, excluded: [],
                    issued: world.time.now, expires: world.time.now.advanced(by: .seconds(900))
                ).signed(with: keys.ownershipKeys(of: chunk), entropy: SystemEntropy())
                try await owner.connection.open(mailbox)
                try await owner.connection.publish(sealed, as: chunk, in: mailbox)
                try await owner.connection.publish([
                    Ticket(address: .node(holders[0].id), chunk: chunk, request: request)
                ])
                // Tickets of an honest owner, which come in the same batches.
                owner.tree.fillHome()
                let result = try await owner.backup()
                #expect(result.placement.partial == 0 && result.placement.failed == 0)
                #expect(try await holders[0].holdings().allSatisfy { $0.chunk != chunk })
                #expect(holders[0].context.counters.values.dropped["malformed"] == 1)
            }
        }

        @Test func repeatedReceiptsOfOneNodeCountOnce() async throws {
            try await World.with(holders: 1) { world, holders in
                let owner = try world.owner { $0.quorum = 3 }
                owner.tree.fillHome()
                let connection = holders[0].connection
                let repeating = Task {
                    var sent: Set<[UInt8]> = []
                    while !Task.isCancelled {
                        for crossing in world.crossings.value where crossing.kind == .receipts {
                            guard let mailbox = crossing.mailbox, sent.insert(crossing.bytes).inserted else { continue }
                            for _ in 0..<3 { try? await connection.send(crossing.bytes, to: mailbox) }
                        }
                        try? await Task.sleep(for: .milliseconds(2))
                    }
                }
                let result = try await owner.backup()
                repeating.cancel()
                #expect(result.placement.replicas == (try await owner.replicaMap().count))
                #expect(result.placement.complete == 0)
            }
        }

        @Test func whatIsDamagedDoesNotComeBackFromTheTrash() async throws {
            try await World.with(holders: 2) { world, holders in
                let owner = try world.owner { $0.quorum = 2 }
                owner.tree.fillHome()
                try await owner.backup()
                try await holders[0].deleteBlobs()
                _ = try await owner.audit()
                let damaged = try await holders[0].holdings()
                #expect(!damaged.isEmpty && damaged.allSatisfy { $0.state == .damaged })
                let released = try await NodeRequests(owner.context).release(damaged.map(\.chunk), at: holders[0].id)
                #expect(released.count == damaged.count)
                #expect(try await holders[0].holdings().allSatisfy { $0.state == .damaged })
                #expect(try await ExpireLeases(holders[0].context).sweep() == damaged.count)
            }
        }

        @Test func whatARecoveryWasToldIsChallengedFirst() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let later = try world.owner()
                let result = try await later.recover()
                let due = try await later.catalog.replicasDue(by: world.time.now, limit: 10_000)
                #expect(result.missingChunks == 0 && due.count == result.replicas)
            }
        }
    }
}
