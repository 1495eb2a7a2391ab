import QuloudCore

extension JetStreamOwnerFabric {
    /// Bytes of answers that may wait to be read, for each question.
    private static let answerBytesMax = 4 << 20
    private static let broadcastBytesMax = 32 << 20

    package func ask(
        _ node: NodeID, _ kind: QuestionKind, timeout: Duration, request: @Sendable (ReturnAddress) -> [UInt8]
    ) async throws(FabricError) -> [UInt8] {
        let deadline = ContinuousClock.now + timeout
        let subject = FabricSubjects.question(kind, to: node)
        let inbox = try await openInbox(for: subject, countMax: 1, bytesMax: Self.answerBytesMax)
        try await send(request(ReturnAddress(inbox.subject)), to: subject, answersTo: inbox)
        guard let answer = try await next(in: inbox, until: deadline) else {
            throw FabricError(.timeout, "ask node \(node.short) to \(kind.rawValue): no answer within \(timeout)")
        }
        guard !answer.saysNobody else {
            throw FabricError(.nobody, "ask node \(node.short) to \(kind.rawValue): it is not there")
        }
        return answer.payload
    }

    package func askAll(
        _ kind: QuestionKind, patience: Duration, limit: Int, request: @Sendable (ReturnAddress) -> [UInt8]
    ) async throws(FabricError) -> [[UInt8]] {
        guard limit > 0 else { return [] }
        let deadline = ContinuousClock.now + patience
        let subject = FabricSubjects.broadcast(kind)
        let inbox = try await openInbox(for: subject, countMax: limit, bytesMax: Self.broadcastBytesMax)
        try await send(request(ReturnAddress(inbox.subject)), to: subject, answersTo: inbox)
        var answers: [[UInt8]] = []
        while answers.count < limit, let answer = try await next(in: inbox, until: deadline), !answer.saysNobody {
            answers.append(answer.payload)
        }
        return answers
    }

    private func send(_ message: [UInt8], to subject: String, answersTo inbox: NATSInbox) async throws(FabricError) {
        try link.checkSize(message, for: subject)
        do throws(NATSError) {
            try await asking.publish(subject, reply: inbox.subject, payload: message)
        } catch {
            throw FabricError(error)
        }
    }

    private func openInbox(
        for subject: String, countMax: Int, bytesMax: Int
    ) async throws(FabricError) -> NATSInbox {
        do throws(NATSError) {
            return try await asking.openInbox(for: subject, countMax: countMax, bytesMax: bytesMax)
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
    fileprivate var saysNobody: Bool { status == 503 && payload.isEmpty }
}
