import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    @Suite struct AuditHealTests {
        /// Backs up to three holders, lets `harm` one of them, and expects the audit to find exactly its replicas lost for
        /// `reason`; then a joining node heals and all is valid.
        private func findsOut(
            _ reason: LossReason, _ harm: (World, [TestHolder], TestOwner) async throws -> Void
        ) async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                let chunks = try await owner.replicaMap().count
                #expect(try await owner.audit().valid == 3 * chunks)
                try await harm(world, holders, owner)
                let audit = try await owner.audit()
                #expect(audit.challenged == 3 * chunks)
                #expect(audit.valid == 2 * chunks)
                #expect(audit.suspect.isEmpty && audit.undecided == 0)
                #expect(audit.lost.count == chunks)
                for finding in audit.lost {
                    #expect(finding.node == holders[0].id)
                    guard case .lost(reason, _) = finding.state else {
                        Issue.record("\(finding.state)")
                        continue
                    }
                }
                _ = try await world.join(4)
                let healed = try await owner.heal()
                #expect(healed.healed == chunks && healed.stillBelow == 0)
                let again = try await owner.audit()
                #expect(again.valid == 3 * chunks && again.lost.isEmpty)
                #expect(try await owner.replicaMap().values.allSatisfy { !$0.contains(holders[0].id) })
                #expect(try await owner.restore(snapshot)["home/large"]?.content == testBytes(2_500_000, seed: 101))
            }
        }

        @Test func aHolderThatDeletedEverythingIsFoundOut() async throws {
            try await findsOut(.damaged) { _, holders, _ in try await holders[0].deleteBlobs() }
        }

        @Test func aHolderWithFlippedBitsIsFoundOut() async throws {
            try await findsOut(.damaged) { _, holders, _ in
                for name in try await holders[0].blobs.names(after: nil, limit: 1000) {
                    holders[0].blobs.tamper(with: name) { $0[$0.count / 2] ^= 4 }
                }
            }
        }

        /// Answers every challenge with `proof`, properly signed.
        private func forge(
            _ holder: TestHolder, _ proof: @escaping @Sendable (ProofRequest, ChunkID) async -> Bytes32
        ) {
            let keys = holder.keys
            holder.cheat.withLock { cheat in
                cheat = { question, honest in
                    guard question.kind == .prove, let (request, _) = try? ProofRequest.parse(question.request) else {
                        return await honest(question)
                    }
                    var answers: [ProofAnswer] = []
                    for chunk in request.chunks { answers.append(.proof(await proof(request, chunk))) }
                    return ProofResponse(node: keys.id, answers: answers).signed(
                        by: keys.identity, request: SHA256.hash(question.request))
                }
            }
        }

        @Test func aHolderThatMakesUpProofsIsFoundOut() async throws {
            try await findsOut(.refuted) { _, holders, _ in
                try await holders[0].deleteBlobs()
                forge(holders[0]) { request, chunk in SHA256.hash(request.seed.bytes + chunk.value.bytes) }
            }
        }

        @Test func anotherNodesProofIsFoundOut() async throws {
            try await findsOut(.refuted) { _, holders, owner in
                // The other node proves the cheat's own challenge, with its own keys: all that it can give away but the bytes.
                let other = holders[1].context
                forge(holders[0]) { request, chunk in
                    guard let holding = try? await other.index.holdings(of: [chunk])[chunk]?.first,
                        let terms = try? HoldingTerms.open(holding.sealedTerms[...], by: other.keys, key: holding.key),
                        case .sealed(let sealed) = await other.read(holding, terms),
                        let key = try? other.keys.pairwiseKey(ownershipKey: terms.ownershipKey, chunk: chunk)
                    else { return Bytes32() }
                    let digest = StorageProof.digest(seed: request.seed, chunk: chunk, sealed: sealed)
                    return StorageProof.answer(
                        key: key, chunk: chunk, node: other.keys.id, seed: request.seed,
                        expires: request.context.expires,
                        digest: digest)
                }
                try await holders[0].deleteBlobs()
            }
        }

        @Test func anOldProofIsFoundOut() async throws {
            try await findsOut(.refuted) { world, holders, owner in
                // What the holder answered to the first audit, when it still had everything.
                var old: [ChunkID: Bytes32] = [:]
                var asked: [ChunkID] = []
                for crossing in world.crossings.value where crossing.node == holders[0].id {
                    if crossing.kind == .question(.prove) {
                        asked = try ProofRequest.parse(crossing.bytes).request.chunks
                    }
                    guard crossing.kind == .answer(.prove) else { continue }
                    var reader = try WireReader(crossing.bytes, expecting: .proofOfStorageResponse)
                    _ = try reader.raw(34)
                    for chunk in asked where try reader.integer(UInt8.self) == 0 { old[chunk] = try reader.bytes32() }
                }
                #expect(!old.isEmpty)
                let kept = old
                try await holders[0].deleteBlobs()
                forge(holders[0]) { _, chunk in kept[chunk] ?? Bytes32() }
            }
        }

        @Test func aKeptHashStateIsFoundOut() async throws {
            try await findsOut(.refuted) { _, holders, _ in
                let context = holders[0].context
                var kept: [ChunkID: Bytes32] = [:]
                for holding in try await holders[0].holdings() {
                    let terms = try HoldingTerms.open(holding.sealedTerms[...], by: context.keys, key: holding.key)
                    if case .sealed(let sealed) = await context.read(holding, terms) {
                        kept[holding.chunk] = SHA256.hash(sealed)
                    }
                }
                let hashes = kept
                try await holders[0].deleteBlobs()
                forge(holders[0]) { request, chunk in
                    guard let holding = try? await context.index.holdings(of: [chunk])[chunk]?.first,
                        let terms = try? HoldingTerms.open(
                            holding.sealedTerms[...], by: context.keys, key: holding.key),
                        let key = try? context.keys.pairwiseKey(ownershipKey: terms.ownershipKey, chunk: chunk)
                    else { return Bytes32() }
                    let digest = HMACSHA256.authenticate(
                        key: request.seed.bytes, parts: [(hashes[chunk] ?? Bytes32()).bytes])
                    return StorageProof.answer(
                        key: key, chunk: chunk, node: context.keys.id, seed: request.seed,
                        expires: request.context.expires, digest: digest)
                }
            }
        }

        @Test func oneFlippedBitCostsOneReplica() async throws {
            try await World.with(holders: 4) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                let holder = try #require(try await someHolder(of: holders))
                let holding = try #require(try await holder.holdings().first { $0.state == .stored })
                holder.blobs.tamper(with: holding.key) { $0[$0.count - 1] ^= 1 }
                let audit = try await owner.audit()
                #expect(audit.lost.map(\.chunk) == [holding.chunk] && audit.lost.map(\.node) == [holder.id])
                #expect(holder.blobs.quarantined.count == 1)
                #expect(try await owner.heal().healed == 1)
                #expect(try await owner.audit().lost.isEmpty)
                #expect(try await owner.restore(snapshot)["home/text"]?.content == testText(900_000))
            }
        }

        @Test func auditsNeedNoSource() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                owner.tree.remove("/home/large")
                owner.tree.remove("/home/copy of large")
                owner.tree.remove("/home/small")
                let audit = try await owner.audit()
                #expect(audit.fromSource > 0 && audit.fromReplicas > 0)
                #expect(audit.valid == audit.challenged)
            }
        }

        @Test func aSilentNodeIsGivenItsGraceAndThenReplaced() async throws {
            try await World.with(holders: 4) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                let silent = try #require(try await someHolder(of: holders))
                silent.connection.setCut(true)
                let first = try await owner.audit()
                #expect(!first.suspect.isEmpty && first.lost.isEmpty)
                #expect(first.suspect.allSatisfy { $0.node == silent.id })
                #expect(try await owner.heal() == HealResult(), "a reboot does not start a storm of healing")
                owner.pass(owner.context.settings.grace + .seconds(60))
                let second = try await owner.audit()
                #expect(second.lost.count == first.suspect.count)
                let healed = try await owner.heal()
                #expect(healed.healed == first.suspect.count && healed.stillBelow == 0)
                #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 && !$0.contains(silent.id) })
                #expect(try await owner.restore(snapshot)["home/text"]?.content == testText(900_000))
            }
        }

        @Test func aNodeThatComesBackIsValidAgain() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                holders[0].connection.setCut(true)
                let first = try await owner.audit()
                #expect(!first.suspect.isEmpty)
                holders[0].connection.setCut(false)
                owner.pass(.seconds(3600))
                let due = try await owner.audit(.due)
                #expect(due.valid == first.suspect.count)
                #expect(try await owner.catalog.summary().replicas.suspect == 0)
            }
        }

        @Test func restoreUsesAnyHolderThatIsLeft() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                try await holders[0].deleteBlobs()
                for name in try await holders[1].blobs.names(after: nil, limit: 1000) {
                    holders[1].blobs.tamper(with: name) { $0[60] ^= 1 }
                }
                let expected = owner.original.filter { $0.value.kind != .special("a FIFO") }
                #expect(try await owner.restore(snapshot) == expected)
            }
        }

        @Test func wrongBytesOfAHolderAreRefused() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                world.fabric.intercept { [id = holders[0].id] crossing in
                    guard crossing.kind == .answer(.retrieve), crossing.node == id else { return .pass }
                    var bytes = crossing.bytes
                    bytes[bytes.count / 2] ^= 1
                    return .replace(bytes)
                }
                let expected = owner.original.filter { $0.value.kind != .special("a FIFO") }
                #expect(try await owner.restore(snapshot) == expected)
            }
        }

        @Test func leasesAreRenewedAndEndedOnesAreLost() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                try await owner.backup()
                let replicas = try await owner.catalog.summary().replicas.valid
                #expect(try await RenewLeases(owner.context).run() == 0)
                owner.pass(owner.context.settings.lease / 2 + .seconds(3600))
                #expect(try await RenewLeases(owner.context).run() == replicas)
                #expect(try await ExpireLeases(holders[0].context).sweep() == 0)
                owner.pass(owner.context.settings.lease + .seconds(3600))
                // To the trash first: a clock that jumped must not cost the chunks at once.
                #expect(try await ExpireLeases(holders[0].context).sweep() == 0)
                #expect(try await !holders[0].blobs.names(after: nil, limit: 10).isEmpty)
                owner.pass(holders[0].context.settings.trash + .seconds(3600))
                #expect(try await ExpireLeases(holders[0].context).sweep() > 0)
                #expect(try await holders[0].blobs.names(after: nil, limit: 10).isEmpty)
            }
        }

        @Test func whatIsNotStoredIsNotRenewed() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.write("/home/file", testBytes(200_000))
                try await owner.backup()
                let held = try await holders[0].holdings()
                var (trashed, damaged) = (held[0], held[1])
                trashed.state = .trashed
                damaged.state = .damaged
                try await holders[0].index.commit([trashed, damaged])
                let renewed = try await NodeRequests(owner.context).renew(held.map(\.chunk), at: holders[0].id)
                #expect(Set(renewed) == Set(held.dropFirst(2).map(\.chunk)))
            }
        }

        /// Earlier versions compressed what this one does not even try.
        @Test func whatWasCompressedEarlierIsMadeAgainFromItsSource() async throws {
            try await World.with(holders: 1) { world, _ in
                let owner = try world.owner()
                let (context, keys) = (owner.context, owner.context.keys)
                let block = testBytes(70_001)
                let content = (0..<4).flatMap { _ in block }
                owner.tree.write("/home/file", content)
                let fingerprint = content.withUnsafeBytes { keys.fingerprint(of: $0) }
                let sealer = try ChunkSealer(keys: keys, compressionLevel: context.settings.compressionLevel)
                let sealed = try sealer.seal(content, fingerprint: fingerprint, compressingAll: true)
                #expect(try sealer.seal(content, fingerprint: fingerprint).id != sealed.id)
                let chunk = CatalogChunk(
                    id: sealed.id, fingerprint: fingerprint, contentKey: sealed.contentKey, plainSize: content.count,
                    sealedSize: sealed.bytes.count, purpose: .data, quorum: 1, createdAt: context.time.now)
                let part = SourcePart(path: Array("/home/file".utf8), offset: 0, length: content.count)
                try await context.catalog.prepare([PreparedChunk(chunk: chunk, source: [part])])
                #expect(try await SourceResealer(context, tree: owner.tree).sealed(chunk) == sealed.bytes)
            }
        }

        /// One that holds something.
        private func someHolder(of holders: [TestHolder]) async throws -> TestHolder? {
            for holder in holders where try await !holder.holdings().isEmpty { return holder }
            return nil
        }
    }
}
