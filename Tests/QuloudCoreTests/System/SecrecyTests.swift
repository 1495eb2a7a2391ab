import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

extension SystemTests {
    @Suite struct SecrecyTests {
        /// Runs `body` with a backup of a marked folder on three holders.
        private func withBackup(
            _ body: (World, [TestHolder], TestOwner, Snapshot) async throws -> Void
        ) async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let snapshot = try await owner.backup().snapshot
                try await body(world, holders, owner, snapshot)
            }
        }

        @Test func aStrangerWhoKnowsAChunkIDGetsNothing() async throws {
            try await withBackup { world, holders, owner, _ in
                let chunk = try #require(try await owner.replicaMap().keys.first)
                let stranger = try world.owner(2)
                let requests = NodeRequests(stranger.context)
                for holder in holders {
                    await #expect(throws: RetrievalError.notHeld) {
                        try await requests.retrieve(chunk, from: holder.id, timeout: .seconds(5))
                    }
                    #expect(try await requests.renew([chunk], at: holder.id).isEmpty)
                    #expect(try await requests.release([chunk], at: holder.id).isEmpty)
                }
                #expect(try await Locator(stranger.context).locate([chunk]).isEmpty)
                #expect(try await owner.audit().lost.isEmpty)
            }
        }

        @Test func aStrangerCannotTellWhetherAChunkIsThere() async throws {
            try await withBackup { world, holders, owner, _ in
                let held = try #require(try await owner.replicaMap().keys.first)
                let stranger = try world.owner(2)
                let before = world.crossings.value.count
                for chunk in [held, ChunkID.numbered(1)] {
                    _ = try? await NodeRequests(stranger.context).retrieve(
                        chunk, from: holders[0].id, timeout: .seconds(5))
                }
                let answers = world.crossings.value.dropFirst(before).filter { $0.kind == .answer(.retrieve) }
                #expect(Set(answers.map(\.bytes.count)).count == 1 && answers.count == 2)
            }
        }

        /// Every request that proves a claim, as it crossed the fabric.
        private func captured(_ world: World) -> [Crossing] {
            world.crossings.value.filter { crossing in
                switch crossing.kind {
                case .question(.retrieve), .question(.prove), .question(.locate), .question(.renew), .question(.commit),
                    .question(.release):
                    true
                default: false
                }
            }
        }

        @Test func capturedRequestsAreWorthNothing() async throws {
            try await withBackup { world, holders, owner, snapshot in
                _ = try await owner.audit()
                owner.tree.remove("/home")
                _ = try await owner.restore(snapshot)
                let chunks = Array(try await owner.replicaMap().keys.prefix(3))
                _ = try await Locator(owner.context).locate(chunks)
                _ = try await NodeRequests(owner.context).renew(chunks, at: holders[0].id)
                let captured = captured(world)
                #expect(Set(captured.map(\.kind)).count == 4)
                let thief = world.fabric.owner()
                for crossing in captured.prefix(60) {
                    guard case .question(let kind) = crossing.kind, let address = crossing.returnAddress,
                        let holder = holders.first(where: { $0.id == crossing.node })
                    else { continue }
                    // Replayed to the same node, for an answer to the thief.
                    await #expect(throws: FabricError.self) {
                        try await thief.ask(holder.id, kind, timeout: .seconds(1)) { _ in crossing.bytes }
                    }
                    // Replayed as it was, by one who can read the first asker's inbox.
                    let same = Question(kind: kind, request: crossing.bytes, returnAddress: address)
                    #expect(await holder.honest.answer(same) == nil)
                    // To another node.
                    if kind != .locate, let other = holders.first(where: { $0.id != holder.id }) {
                        #expect(await other.honest.answer(same) == nil)
                    }
                    // As another kind of question.
                    for other in QuestionKind.allCases where other != kind {
                        let question = Question(kind: other, request: crossing.bytes, returnAddress: address)
                        #expect(await holder.honest.answer(question) == nil)
                    }
                }
                for holder in holders {
                    let dropped = holder.context.counters.values.dropped
                    #expect(dropped["replayed", default: 0] > 0 && dropped["misdirected", default: 0] > 0)
                }
            }
        }

        @Test func aCapturedRequestIsUselessLater() async throws {
            try await withBackup { world, holders, owner, snapshot in
                owner.tree.remove("/home")
                _ = try await owner.restore(snapshot)
                let crossing = try #require(captured(world).first { $0.kind == .question(.retrieve) })
                let holder = try #require(holders.first { $0.id == crossing.node })
                owner.pass(.seconds(3600))
                let question = Question(
                    kind: .retrieve, request: crossing.bytes, returnAddress: try #require(crossing.returnAddress))
                // Even where the nonce is forgotten.
                #expect(await AnswerQuestions(holder.context).answer(question) == nil)
                #expect(holder.context.counters.values.dropped["expired"] == 1)
            }
        }

        @Test func nonsenseIsDroppedAndCounted() async throws {
            try await withBackup { world, holders, owner, _ in
                let entropy = SeededEntropy(seed: 8)
                for kind in QuestionKind.allCases {
                    for size in [0, 1, 4, 100, 5000] {
                        let question = Question(
                            kind: kind, request: entropy.bytes(size), returnAddress: ReturnAddress("inbox"))
                        #expect(await holders[0].honest.answer(question) == nil)
                    }
                }
                #expect(holders[0].context.counters.values.dropped["malformed"] == 5 * QuestionKind.allCases.count)
                // Tickets and receipts that are nothing.
                let connection = world.fabric.owner()
                try await connection.publish(
                    (0..<8).map { Ticket(address: .lane($0), chunk: .numbered(1), request: entropy.bytes(300)) })
                while world.fabric.ticketCount > 0 { try await Task.sleep(for: .milliseconds(10)) }
                #expect(try await owner.audit().lost.isEmpty)
            }
        }

        @Test func nothingThatCrossesOrLiesAroundTellsAnything() async throws {
            try await World.with(holders: 3) { world, holders in
                let owner = try world.owner(7)
                let secret = Array("a very secret sentence that nobody else may read".utf8)
                owner.tree.write("/home/diary-of-nobody/chapter-with-a-name.txt", secret)
                owner.tree.write("/home/diary-of-nobody/large", testText(300_000) + secret + testBytes(1_000_000))
                owner.tree.symlink("/home/diary-of-nobody/pointer", to: "/where/nobody/looks")
                let snapshot = try await owner.backup().snapshot
                _ = try await owner.audit()
                owner.tree.remove("/home")
                _ = try await owner.restore(snapshot)
                _ = try await world.owner(7).recover()

                var secrets: [(String, [UInt8])] = [
                    ("root secret", [UInt8](repeating: 7, count: 32)), ("plaintext", secret),
                    ("plaintext", Array(testText(64))), ("plaintext", Array(testBytes(64))),
                    ("file name", Array("chapter-with-a-name".utf8)), ("folder name", Array("diary-of-nobody".utf8)),
                    ("link", Array("/where/nobody/looks".utf8)), ("snapshot label", Array("label".utf8)),
                ]
                let ids = Array(try await owner.replicaMap().keys)
                let chunks = try await owner.catalog.chunks(ids)
                for chunk in chunks.values {
                    secrets.append(("content key", chunk.contentKey.bytes))
                    secrets.append(("fingerprint", chunk.fingerprint?.value.bytes ?? [1, 2, 3, 4, 5, 6, 7, 8, 9]))
                }
                secrets.append(("fingerprint key", owner.context.keys.fingerprint.withUnsafeBytes { Array($0) }))
                secrets.append(("chunking key", owner.context.keys.chunking.withUnsafeBytes { Array($0) }))
                var seen = world.crossings.value.map { ("the wire (\($0.kind))", $0.bytes) }
                #expect(seen.count > 50)
                // On disk even public names of the owner are hidden.
                var onDisk: [[UInt8]] = []
                for holder in holders {
                    for holding in try await holder.holdings() {
                        let blob = try #require(try await holder.blobs.read(holding.key))
                        onDisk += [blob, holding.sealedTerms, holding.key.value.bytes, holding.groupTag ?? []]
                    }
                }
                seen += onDisk.map { ("a disk", $0) }
                for (place, bytes) in seen {
                    for (what, secret) in secrets {
                        #expect(!bytes.contains(subsequence: secret), "\(what) on \(place)")
                    }
                }
                for id in ids {
                    let sealed = try #require(world.crossings.value.first { $0.kind == .data && $0.chunk == id }).bytes
                    let hidden = [
                        Array(sealed.dropFirst(8).prefix(24)),
                        try owner.context.keys.ownershipKeys(of: id).publicPoint.encoded.bytes,
                        try owner.context.keys.retrievalKeys(of: id).publicPoint.encoded.bytes,
                    ]
                    for bytes in onDisk { for part in hidden { #expect(!bytes.contains(subsequence: part)) } }
                }
                for mailbox in try await owner.catalog.mailboxes() {
                    for bytes in onDisk { #expect(!bytes.contains(subsequence: mailbox.id.value.bytes)) }
                }
            }
        }
    }
}
