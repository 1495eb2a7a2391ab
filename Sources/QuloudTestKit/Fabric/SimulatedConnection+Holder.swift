package import QuloudCore
import Synchronization

extension SimulatedConnection: HolderFabric {
    package func waiting(for node: NodeID) async throws(FabricError) -> [TicketAddress: Int] {
        try requireUp("look for tickets")
        let now = fabric.time.uptime
        return fabric.state.withLock { state in
            var counts: [TicketAddress: Int] = [:]
            for (name, messages) in state.queues {
                guard case .tickets(let address) = name else { continue }
                if case .node(let other) = address, other != node { continue }
                let count = messages.filter { $0.notBefore <= now }.count
                if count > 0 { counts[address] = count }
            }
            return counts
        }
    }

    package func tickets(
        from address: TicketAddress, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        try await take("pull tickets", from: .tickets(address), limit: limit, wait: wait)
    }

    package func fetch<Value: Sendable>(
        _ chunk: ChunkID, from mailbox: MailboxID, _ body: @Sendable (UnsafeRawBufferPointer) -> Value
    ) async throws(FabricError) -> Value? {
        try requireUp("fetch chunk \(chunk.short)")
        let key = SimulatedFabric.DataKey(mailbox: mailbox, chunk: chunk)
        guard let sealed = fabric.state.withLock({ $0.data[key] }) else { return nil }
        let arrival = fabric.cross(Crossing(.fetched, sealed, chunk: chunk, mailbox: mailbox, sender: party))
        return arrival.copies > 0 ? arrival.bytes.withUnsafeBytes(body) : nil
    }

    package func send(_ receipts: [UInt8], to mailbox: MailboxID) async throws(FabricError) {
        let operation = "send receipts to mailbox \(mailbox.short)"
        try requireUp(operation)
        guard receipts.count <= Limits.messageSizeMax else {
            throw FabricError(.tooLarge, "\(operation): \(receipts.count) bytes")
        }
        // The broker keeps them for any mailbox: the owner may not have opened it on this broker yet, or again.
        try enqueue(
            Crossing(.receipts, receipts, mailbox: mailbox, sender: party), into: .receipts(mailbox), operation)
    }

    package func serve(
        as node: NodeID, answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async throws(FabricError) {
        try requireUp("serve as node \(node.short)")
        let server = Server(node: node, connection: self)
        fabric.change { $0.servers[node, default: []].append(server) }
        let atOnce = fabric.state.withLock(\.rules.questionsAtOnce)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, atOnce) { group.addTask { await self.work(server, answer) } }
        }
        fabric.change { state in
            state.servers[node]?.removeAll { $0 === server }
            if state.servers[node]?.isEmpty == true { state.servers[node] = nil }
        }
        server.load.withLock { $0.ended = true }
        server.questions.close()
        // Whoever waits for an answer to what is left here waits in vain.
        while let left = await server.questions.take().first {
            fabric.change { $0.inboxes[left.returnAddress]?.open -= 1 }
        }
    }

    private func work(_ server: Server, _ answer: @Sendable (Question) async -> [UInt8]?) async {
        while let question = await server.questions.take().first {
            server.load.withLock { $0.waiting -= 1 }
            let bytes = Task.isCancelled || !isUp ? nil : await answer(question)
            reply(bytes, to: question, from: server)
        }
    }

    private func reply(_ bytes: [UInt8]?, to question: Question, from server: Server) {
        guard let bytes, isUp else {
            return fabric.change { $0.inboxes[question.returnAddress]?.open -= 1 }
        }
        let arrival = fabric.cross(
            Crossing(
                .answer(question.kind), bytes, node: server.node, returnAddress: question.returnAddress, sender: party))
        fabric.later(arrival.delay) { [fabric] in fabric.put(arrival, from: server.node, for: question) }
    }

    /// Puts a question before a node, unless too many wait there already.
    func deliver(_ question: Question, to server: Server) {
        let most = fabric.state.withLock(\.rules.questionsWaitingMax)
        server.load.withLock { load in
            guard load.waiting < most, !load.ended else { return }
            load.waiting += 1
            fabric.state.withLock { $0.inboxes[question.returnAddress]?.open += 1 }
            server.questions.put(question)
        }
    }
}
