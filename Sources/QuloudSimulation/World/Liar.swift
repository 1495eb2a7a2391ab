import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// What a holder that lies answers.
final class Liar: Sendable {
    private struct Memory {
        var proof: [UInt8]?
        var head: [UInt8]?
        var others: [ProofAnswer] = []
        var envelopes: [(mailbox: MailboxID, bytes: [UInt8])] = []
    }
    private let keys: NodeKeys
    private let memory = Mutex(Memory())

    init(keys: NodeKeys) { self.keys = keys }

    /// It keeps nothing of what it is given.
    func isHollow(_ lie: Lie?) -> Bool {
        switch lie {
        case .hollow, .copycat, .madeUp: true
        case .replay: memory.withLock { $0.proof != nil }
        default: false
        }
    }

    func answer(_ question: Question, lie: Lie?, honest: AnswerQuestions, _ world: World) async -> [UInt8]? {
        guard let lie else { return await honest.answer(question) }
        switch (lie, question.kind) {
        case (.mute, .prove):
            world.tally.fault(lie.fault)
            return nil
        case (.busy, .prove):
            world.tally.fault(lie.fault)
            return signed(question) { _ in .busy }
        case (.replay, .prove):
            if let old = memory.withLock(\.proof) {
                world.tally.fault(lie.fault)
                return old
            }
            let answer = await honest.answer(question)
            if answer != nil {
                memory.withLock { $0.proof = answer }
                world.oracle.discards(keys.id)
            }
            return answer
        case (.copycat, .prove):
            world.tally.fault(lie.fault)
            let others = world.provedByOthers(than: keys.id)
            return signed(question) { index in others.isEmpty ? .busy : others[index % others.count] }
        case (.madeUp, .prove):
            world.tally.fault(lie.fault)
            let proof = SHA256.hash(question.request)
            return signed(question) { _ in .proof(proof) }
        case (.wrongBytes, .retrieve):
            world.tally.fault(lie.fault)
            guard var bytes = await honest.answer(question), !bytes.isEmpty else { return nil }
            bytes[bytes.count / 2] ^= 1
            return bytes
        case (.staleHead, .head):
            let answer = await honest.answer(question)
            guard let answer, (try? CatalogHead.verified(answer)) != nil else { return answer }
            return memory.withLock { memory in
                if memory.head == nil { memory.head = answer }
                if memory.head != answer { world.tally.fault(lie.fault) }
                return memory.head
            }
        default: return await honest.answer(question)
        }
    }

    private func signed(_ question: Question, _ answer: (Int) -> ProofAnswer) -> [UInt8]? {
        guard let (request, _) = try? ProofRequest.parse(question.request) else { return nil }
        return ProofResponse(node: keys.id, answers: request.chunks.indices.map(answer)).signed(
            by: keys.identity, request: SHA256.hash(question.request))
    }

    func overhears(_ crossing: Crossing) {
        guard crossing.kind == .receipts, let mailbox = crossing.mailbox, crossing.sender != keys.id else { return }
        memory.withLock { memory in
            memory.envelopes.append((mailbox, crossing.bytes))
            if memory.envelopes.count > 2 { memory.envelopes.removeFirst() }
        }
    }

    /// Repeats the envelopes of others.
    func repeatOthers(_ connection: SimulatedConnection, _ world: World) async {
        world.overhear { [weak self] in self?.overhears($0) }
        while !Task.isCancelled {
            try? await world.scheduler.sleep(for: .milliseconds(700))
            let overheard = memory.withLock { memory in
                defer { memory.envelopes = [] }
                return memory.envelopes
            }
            for (mailbox, bytes) in overheard {
                world.tally.fault(Lie.parrot.fault)
                try? await connection.send(bytes, to: mailbox)
            }
        }
    }
}

/// The fabric as a holder uses it that takes tickets and lets them go.
struct LyingFabric: HolderFabric {
    let inner: SimulatedConnection
    let lie: @Sendable () -> Lie?
    let tally: Tally

    func waiting(for node: NodeID) async throws(FabricError) -> [TicketAddress: Int] {
        try await inner.waiting(for: node)
    }
    func tickets(
        from address: TicketAddress, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        let taken = try await inner.tickets(from: address, limit: limit, wait: wait)
        guard lie() == .swallow, !taken.isEmpty else { return taken }
        tally.fault(Lie.swallow.fault)
        try await inner.settle(taken, .done)
        return []
    }
    func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError) {
        try await inner.settle(deliveries, settlement)
    }
    func fetch<Value: Sendable>(
        _ chunk: ChunkID, from mailbox: MailboxID, _ body: @Sendable (UnsafeRawBufferPointer) -> Value
    ) async throws(FabricError) -> Value? {
        try await inner.fetch(chunk, from: mailbox, body)
    }
    func send(_ receipts: [UInt8], to mailbox: MailboxID) async throws(FabricError) {
        try await inner.send(receipts, to: mailbox)
    }
    func serve(
        as node: NodeID, answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async throws(FabricError) {
        try await inner.serve(as: node, answer: answer)
    }
}
