import QuloudCore

extension JetStreamHolderFabric {
    package func serve(
        as node: NodeID, answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async throws(FabricError) {
        let broadcasts = QuestionKind.allCases.filter(\.isBroadcast).map(FabricSubjects.broadcast)
        let subjects = [FabricSubjects.allQuestions(to: node)] + broadcasts
        let events = link.connection.events()
        let subscriptions = try await subscribe(to: subjects)
        let refusal = await withTaskGroup(of: NATSError?.self) { group -> NATSError? in
            var working = 0
            for (index, subscription) in subscriptions.enumerated() {
                // Broadcasts are short: one worker each, the others for questions to this node.
                let workers = index == 0 ? max(1, link.settings.answersAtOnce - broadcasts.count) : 1
                working += workers
                for _ in 0..<workers {
                    group.addTask { [self] in
                        await work(subscription, answer)
                        return nil
                    }
                }
            }
            group.addTask { await Self.refusal(in: events, of: subjects) }
            while working > 0, let ended = await group.next() {
                working -= 1
                if let refusal = ended {
                    group.cancelAll()
                    return refusal
                }
            }
            group.cancelAll()
            return nil
        }
        report(subscriptions.reduce(0) { $0 + $1.dropped })
        if let refusal { throw FabricError(refusal) }
    }

    private func subscribe(to subjects: [String]) async throws(FabricError) -> [NATSSubscription] {
        var subscriptions: [NATSSubscription] = []
        do throws(NATSError) {
            for subject in subjects {
                subscriptions.append(
                    try await link.connection.subscribe(
                        subject, pendingCountMax: link.settings.waitingQuestionsMax,
                        pendingBytesMax: link.settings.waitingQuestionBytesMax))
            }
        } catch {
            throw FabricError(error)
        }
        return subscriptions
    }

    /// The server tells of a subscription that it refuses some time later; nil when it refuses none to the end.
    private static func refusal(in events: AsyncStream<NATSEvent>, of subjects: [String]) async -> NATSError? {
        for await event in events {
            if case .permissionDenied(let error) = event, subjects.contains(error.subject) { return error }
        }
        return nil
    }

    private func report(_ dropped: Int) {
        guard dropped > 0 else { return }
        link.log(Note(.warning, "\(dropped) questions were dropped because too many waited"))
    }

    private func work(
        _ subscription: NATSSubscription, _ answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async {
        while !Task.isCancelled, let message = try? await subscription.next(until: nil) {
            guard let address = message.reply, ReplyRule.allows(address),
                let kind = FabricSubjects.kind(of: message.subject), message.payloadCount <= Limits.messageSizeMax
            else { continue }
            let question = Question(kind: kind, request: message.payload, returnAddress: ReturnAddress(address))
            guard let bytes = await answer(question), !Task.isCancelled else { continue }
            guard bytes.count <= link.payloadMax else {
                let text = "answer dropped: max_payload is \(link.payloadMax) bytes, it has \(bytes.count)"
                link.log(Note(.warning, subject: message.subject, text))
                continue
            }
            // Unsent answers are asked for again.
            try? await link.connection.publish(address, payload: bytes)
        }
    }
}
