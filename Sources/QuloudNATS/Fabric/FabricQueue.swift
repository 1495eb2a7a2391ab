import QuloudCore

extension FabricLink {
    /// Messages of a pull consumer: what is there, or else what comes within `wait`, at most `limit`.
    func take(_ consumer: FabricConsumer, limit: Int, wait: Duration) async throws(FabricError) -> [NATSMessage] {
        let deadline = ContinuousClock.now + wait
        guard limit > 0 else { return [] }
        let there = try await repairing(consumer) { () throws(NATSError) in
            try await pull(consumer, limit: limit, until: .now)
        }
        guard there.isEmpty, deadline > .now else { return there }
        // One at first: the server holds a larger request back until it is filled.
        let first = try await repairing(consumer) { () throws(NATSError) in
            try await pull(consumer, limit: 1, until: deadline)
        }
        guard !first.isEmpty, limit > 1 else { return first }
        // What this cannot get any more comes again.
        let more = (try? await pull(consumer, limit: limit - 1, until: .now)) ?? []
        return first + more
    }

    /// One pull request.
    private func pull(
        _ consumer: FabricConsumer, limit: Int, until deadline: ContinuousClock.Instant
    ) async throws(NATSError) -> [NATSMessage] {
        let wait = max(.zero, deadline - .now)
        let pull = try await jetStream.pull(
            consumer.stream, consumer.name, batch: min(limit, Self.pullMax),
            maxBytes: limit > 1 ? Self.pullBytesMax : nil,
            expires: wait, idleHeartbeat: wait >= .seconds(4) ? min(wait / 4, .seconds(5)) : nil)
        var messages: [NATSMessage] = []
        while true {
            let item: JetStreamPull.Item
            do throws(NATSError) {
                item = try await pull.next()
            } catch {
                guard messages.isEmpty else { return messages }
                throw error
            }
            switch item {
            case .message(let message): messages.append(message)
            case .end(.lost) where messages.isEmpty:
                // Some servers say nothing when a consumer is gone; this asks.
                _ = try await jetStream.consumerInfo(consumer.stream, consumer.name)
                return []
            case .end: return messages
            }
        }
    }

    private static let pullMax = 512
    private static let pullBytesMax = 8 << 20

    /// As deliveries for the core.
    func deliveries(
        _ consumer: FabricConsumer, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        try await take(consumer, limit: limit, wait: wait).compactMap { message in
            guard let token = message.reply, let delivery = consumer.delivery(message) else { return nil }
            return Delivery(
                payload: message.payload, attempt: Int(clamping: delivery.deliveries), token: token)
        }
    }

    func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError) {
        for delivery in deliveries {
            guard Self.isAckSubject(delivery.token) else {
                throw FabricError(.failed, "settle a delivery: its token is not from this fabric")
            }
        }
        try await forAll(deliveries) { delivery async throws(FabricError) in
            try await self.settle(delivery.token, settlement)
        }
    }

    /// Confirms that a delivered message is done with.
    func confirm(_ token: String) async throws(FabricError) {
        try await settle(token, .done)
    }

    private func settle(_ token: String, _ settlement: Settlement) async throws(FabricError) {
        do throws(NATSError) {
            switch settlement {
            case .done:
                _ = try await connection.request(
                    token, payload: Array("+ACK".utf8), timeout: settings.requestTimeout)
            case .later(let delay):
                let text = delay > .zero ? "-NAK {\"delay\": \(delay.nanoseconds)}" : "-NAK"
                try await connection.publish(token, payload: Array(text.utf8))
            case .working:
                try await connection.publish(token, payload: Array("+WPI".utf8))
            }
        } catch {
            guard error.kind != .noResponders else {
                throw FabricError(.failed, "settle a delivery: the queue that it came from is gone")
            }
            throw FabricError(error)
        }
    }

    private static func isAckSubject(_ token: String) -> Bool {
        token.hasPrefix("$JS.ACK.") && token.utf8.count <= 1024
            && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: ">") }
    }
}
