import QuloudCore

extension JetStreamHolderFabric {
    package func serve(
        as node: NodeID, answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async throws(FabricError) {
        let broadcasts = QuestionKind.allCases.filter(\.isBroadcast).map(FabricSubjects.broadcast)
        let subjects = [FabricSubjects.allQuestions(to: node)] + broadcasts
        var subscriptions: [NATSSubscription] = []
        do throws(NATSError) {
            for subject in subjects {
                subscriptions.append(
                    try await link.connection.subscribe(
                        subject, pendingCountMax: link.settings.waitingQuestionsMax,
                        pendingBytesMax: link.settings.waitingQuestionBytesMax))
            }
            try await checkPermission(for: subjects)
        } catch {
            guard error.kind != .cancelled else { return }
            throw FabricError(error)
        }
        await withTaskGroup(of: Void.self) { group in
            for (index, subscription) in subscriptions.enumerated() {
                // Broadcasts are short: one worker each, the others for questions to this node.
                let workers = index == 0 ? max(1, link.settings.answersAtOnce - broadcasts.count) : 1
                for _ in 0..<workers {
                    group.addTask { [self] in await work(subscription, answer) }
                }
            }
        }
        let dropped = subscriptions.reduce(0) { $0 + $1.dropped }
        if dropped > 0 { link.log(Note(.warning, "\(dropped) questions were dropped because too many waited")) }
    }

    /// The server tells of a refused subscription before it answers the flush.
    private func checkPermission(for subjects: [String]) async throws(NATSError) {
        try await link.connection.flush(timeout: link.settings.requestTimeout)
        guard let error = link.connection.state.lastError, error.isDenied else { return }
        if subjects.contains(error.subject) { throw error }
    }

    private func work(
        _ subscription: NATSSubscription, _ answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async {
        while !Task.isCancelled, let message = try? await subscription.next(until: nil) {
            guard let address = message.reply, ReplyRule.allows(address),
                let kind = FabricSubjects.kind(of: message.subject), message.payload.count <= Limits.messageSizeMax
            else { continue }
            let question = Question(kind: kind, request: message.payload, returnAddress: ReturnAddress(address))
            guard let bytes = await answer(question), !Task.isCancelled else { continue }
            guard bytes.count <= link.payloadMax else {
                link.log(
                    Note(
                        .warning, subject: message.subject,
                        "answer dropped: max_payload is \(link.payloadMax) bytes, it has \(bytes.count)"))
                continue
            }
            // Unsent answers are asked for again.
            try? await link.connection.publish(address, payload: bytes)
        }
    }
}
