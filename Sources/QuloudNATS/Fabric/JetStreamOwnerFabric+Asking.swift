import QuloudCore

extension JetStreamOwnerFabric {
    /// Answers that may wait to be read, for each question: more than one, for not every answer is from whom was asked.
    private static let answersMax = 256
    private static let answerBytesMax = 4 << 20
    private static let broadcastBytesMax = 32 << 20
    /// The server's word that nobody listens can be forged: an answer that comes this soon after it disproves it.
    private static let disproof: Duration = .milliseconds(300)

    package func ask<Answer: Sendable>(
        _ node: NodeID, _ kind: QuestionKind, timeout: Duration, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable (UnsafeRawBufferPointer) -> Answer?
    ) async throws(FabricError) -> Answer {
        let deadline = ContinuousClock.now + timeout
        let subject = FabricSubjects.question(kind, to: node)
        let inbox = asking.openInbox(for: subject, countMax: Self.answersMax, bytesMax: Self.answerBytesMax)
        try await send(request(ReturnAddress(inbox.subject)), to: subject, answersTo: inbox)
        var answers: [Answer] = []
        let isThere = try await gather(from: inbox, until: deadline, { $0.withPayload(accept) }) { answer in
            answers.append(answer)
            return true
        }
        if let answer = answers.first { return answer }
        let operation = "ask node \(node.short) to \(kind.rawValue)"
        guard isThere else { throw FabricError(.nobody, "\(operation): it is not there") }
        throw FabricError(.timeout, "\(operation): no answer within \(timeout)")
    }

    package func askAll<Answer: Sendable>(
        _ kind: QuestionKind, patience: Duration, limit: Int, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable ([UInt8]) -> Answer?
    ) async throws(FabricError) -> [Answer] {
        guard limit > 0 else { return [] }
        let deadline = ContinuousClock.now + patience
        let subject = FabricSubjects.broadcast(kind)
        let inbox = asking.openInbox(
            for: subject, countMax: max(limit, Self.answersMax), bytesMax: Self.broadcastBytesMax)
        try await send(request(ReturnAddress(inbox.subject)), to: subject, answersTo: inbox)
        var answers: [Answer] = []
        _ = try await gather(from: inbox, until: deadline, { accept($0.payload) }) { answer in
            answers.append(answer)
            return answers.count == limit
        }
        return answers
    }

    /// Hands on what is accepted until `isEnough`, or time is up. False when the server said that nobody is there, and
    /// nobody disproved it.
    private func gather<Answer>(
        from inbox: NATSInbox, until deadline: ContinuousClock.Instant, _ accept: (NATSMessage) -> Answer?,
        isEnough: (Answer) -> Bool
    ) async throws(FabricError) -> Bool {
        var (deadline, isThere) = (deadline, true)
        while let message = try await next(in: inbox, until: deadline) {
            if message.saysNobody {
                (deadline, isThere) = (min(deadline, .now + Self.disproof), false)
            } else if let answer = accept(message) {
                isThere = true
                if isEnough(answer) { break }
            }
        }
        return isThere
    }

    private func send(_ message: [UInt8], to subject: String, answersTo inbox: NATSInbox) async throws(FabricError) {
        try link.checkSize(message, for: subject)
        do throws(NATSError) {
            try await asking.publish(subject, reply: inbox.subject, payload: message)
        } catch {
            throw FabricError(error)
        }
    }

    private func next(
        in inbox: NATSInbox, until deadline: ContinuousClock.Instant
    ) async throws(FabricError) -> NATSMessage? {
        do throws(NATSError) {
            return try await inbox.next(until: deadline)
        } catch {
            throw FabricError(error)
        }
    }
}

extension NATSMessage {
    /// The server's word that nobody listens on the subject asked.
    fileprivate var saysNobody: Bool { payloadCount == 0 && status == 503 }
}
