package import QuloudCore
import Synchronization

extension SimulatedConnection: OwnerFabric {
    package func open(_ mailbox: MailboxID) async throws(FabricError) {
        try requireUp("open mailbox \(mailbox.short)")
        fabric.change { $0.openMailboxes.insert(mailbox) }
    }

    package func close(_ mailbox: MailboxID) async {
        guard isUp else { return }
        fabric.change { state in
            state.openMailboxes.remove(mailbox)
            state.queues[.receipts(mailbox)] = nil
            for (key, bytes) in state.data where key.mailbox == mailbox {
                state.data[key] = nil
                state.dataBytes -= bytes.count
            }
        }
    }

    package func publish(_ sealed: [UInt8], as chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) {
        let operation = "publish chunk \(chunk.short)"
        try requireUp(operation)
        guard sealed.count <= Limits.sealedChunkSizeMax else {
            throw FabricError(.tooLarge, "\(operation): \(sealed.count) bytes")
        }
        let arrival = fabric.cross(Crossing(.data, sealed, chunk: chunk, mailbox: mailbox))
        let key = SimulatedFabric.DataKey(mailbox: mailbox, chunk: chunk)
        let refusal = fabric.state.withLock { state -> FabricError? in
            guard state.openMailboxes.contains(mailbox) else {
                return FabricError(.failed, "\(operation): mailbox \(mailbox.short) is not open")
            }
            if let there = state.data[key] {
                if there == sealed { return nil }
                // Wrong bytes give way to the right ones, right ones to nothing.
                guard SealedChunk.id(of: there) != chunk else {
                    return FabricError(.occupied, "\(operation): other bytes lie there")
                }
                state.dataBytes -= there.count
                state.data[key] = nil
            }
            guard state.dataBytes + sealed.count <= state.rules.dataBytesMax else {
                return FabricError(.full, "\(operation): the broker has no room")
            }
            guard arrival.copies > 0 else { return nil }
            state.data[key] = arrival.bytes
            state.dataBytes += arrival.bytes.count
            return nil
        }
        if let refusal { throw refusal }
        fabric.bell.ring()
        guard arrival.isConfirmed else { throw FabricError(.timeout, "\(operation): not confirmed") }
    }

    package func has(_ chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) -> Bool {
        try requireUp("look for chunk \(chunk.short)")
        let key = SimulatedFabric.DataKey(mailbox: mailbox, chunk: chunk)
        return fabric.state.withLock { $0.data[key] != nil }
    }

    package func free(_ chunks: [ChunkID], in mailbox: MailboxID) async {
        guard isUp else { return }
        fabric.change { state in
            for chunk in chunks {
                let key = SimulatedFabric.DataKey(mailbox: mailbox, chunk: chunk)
                state.dataBytes -= state.data.removeValue(forKey: key)?.count ?? 0
            }
        }
    }

    package func publish(_ tickets: [Ticket]) async throws(FabricError) {
        try requireUp("publish \(tickets.count) tickets")
        if let large = tickets.first(where: { $0.request.count > Limits.messageSizeMax }) {
            throw FabricError(.tooLarge, "publish a ticket of \(large.request.count) bytes")
        }
        guard fabric.ticketCount + tickets.count <= fabric.state.withLock({ $0.rules.ticketsMax }) else {
            throw FabricError(.full, "publish \(tickets.count) tickets: the broker has no room")
        }
        for ticket in tickets {
            try enqueue(
                Crossing(.ticket, ticket.request, chunk: ticket.chunk, address: ticket.address),
                into: .tickets(ticket.address), "publish a ticket")
        }
    }

    package func receipts(
        in mailbox: MailboxID, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        try await take("receive from mailbox \(mailbox.short)", from: .receipts(mailbox), limit: limit, wait: wait)
    }

    // MARK: Questions

    package func ask<Answer: Sendable>(
        _ node: NodeID, _ kind: QuestionKind, timeout: Duration, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable (UnsafeRawBufferPointer) -> Answer?
    ) async throws(FabricError) -> Answer {
        let operation = "ask node \(node.short) to \(kind.rawValue)"
        try requireUp(operation)
        guard let servers = fabric.state.withLock({ $0.servers[node] }), servers.contains(where: \.connection.isUp)
        else { throw FabricError(.nobody, "\(operation): nobody listens") }
        let inbox = openInbox(for: kind)
        defer { fabric.change { $0.inboxes[inbox] = nil } }
        try put(request(inbox), kind, to: servers, inbox: inbox, operation)
        let rules = fabric.state.withLock(\.rules)
        let end = fabric.time.uptime + rules.patience(timeout)
        var seen = 0
        while let bytes = try await answer(in: inbox, after: seen, until: end, operation) {
            if let answer = bytes.withUnsafeBytes(accept) { return answer }
            seen += 1
        }
        throw FabricError(.timeout, "\(operation): no answer")
    }

    package func askAll<Answer: Sendable>(
        _ kind: QuestionKind, patience: Duration, limit: Int, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable ([UInt8]) -> Answer?
    ) async throws(FabricError) -> [Answer] {
        let operation = "ask all nodes to \(kind.rawValue)"
        try requireUp(operation)
        let servers = fabric.state.withLock { $0.servers.values.flatMap { $0 } }
        let inbox = openInbox(for: kind)
        defer { fabric.change { $0.inboxes[inbox] = nil } }
        try put(request(inbox), kind, to: servers, inbox: inbox, operation)
        let rules = fabric.state.withLock(\.rules)
        let end = fabric.time.uptime + rules.patience(patience)
        var answers: [Answer] = []
        var seen = 0
        while answers.count < limit, let bytes = try await answer(in: inbox, after: seen, until: end, operation) {
            seen += 1
            if let answer = accept(bytes) { answers.append(answer) }
        }
        return answers
    }

    /// The next answer after those seen; `nil` when time is up, or nobody works on one any more and that is enough.
    private func answer(
        in inbox: ReturnAddress, after seen: Int, until end: Duration, _ operation: String
    ) async throws(FabricError) -> [UInt8]? {
        let found = try await poll(operation, for: max(.zero, end - fabric.time.uptime)) {
            state, _ -> (value: [UInt8]??, retryAt: Duration?) in
            guard let now = state.inboxes[inbox] else { return (.some(nil), nil) }
            if now.answers.count > seen { return (now.answers[seen].bytes, nil) }
            return (state.rules.hurries && now.open == 0 ? .some(nil) : nil, nil)
        }
        return found ?? nil
    }

    private func openInbox(for kind: QuestionKind) -> ReturnAddress {
        fabric.state.withLock { state in
            let inbox = ReturnAddress("inbox.\(state.number())")
            state.inboxes[inbox] = SimulatedFabric.Inbox(kind: kind)
            return inbox
        }
    }

    private func put(
        _ request: [UInt8], _ kind: QuestionKind, to servers: [Server], inbox: ReturnAddress, _ operation: String
    ) throws(FabricError) {
        guard request.count <= Limits.messageSizeMax else {
            throw FabricError(.tooLarge, "\(operation): \(request.count) bytes")
        }
        for server in servers {
            let arrival = fabric.cross(
                Crossing(.question(kind), request, node: server.node, returnAddress: inbox))
            guard server.connection.isUp else { continue }
            let question = Question(kind: kind, request: arrival.bytes, returnAddress: inbox)
            fabric.later(arrival.delay) {
                for _ in 0..<arrival.copies { server.connection.deliver(question, to: server) }
            }
        }
        fabric.bell.ring()
    }
}
