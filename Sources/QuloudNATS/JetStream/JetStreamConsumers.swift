/// What a durable pull consumer is to be: explicit acks, from the first message on, delivered until acked.
package struct ConsumerConfig: Sendable, Equatable {
    package var name: String
    package var filterSubject: String?
    /// Deliver subjects and headers without payloads; `Nats-Msg-Size` tells the size.
    package var headersOnly = false
    package var ackWait: Duration = .seconds(30)
    package var maxAckPending = 1000
    package var maxWaiting = 512
    /// The server removes a consumer that nobody used for so long; nil keeps it.
    package var inactiveThreshold: Duration?

    package init(name: String, filterSubject: String? = nil) {
        self.name = name
        self.filterSubject = filterSubject
    }
}

private struct ConsumerRequest: Encodable {
    struct Config: Encodable {
        let durableName: String
        let name: String
        let filterSubject: String?
        let headersOnly: Bool?
        let ackWait: Int64
        let maxAckPending: Int
        let maxWaiting: Int
        let inactiveThreshold: Int64?
        let ackPolicy = "explicit"
        let deliverPolicy = "all"
        let replayPolicy = "instant"
        let maxDeliver = -1

        private enum CodingKeys: String, CodingKey {
            case name
            case durableName = "durable_name"
            case filterSubject = "filter_subject"
            case headersOnly = "headers_only"
            case ackWait = "ack_wait"
            case maxAckPending = "max_ack_pending"
            case maxWaiting = "max_waiting"
            case inactiveThreshold = "inactive_threshold"
            case ackPolicy = "ack_policy"
            case deliverPolicy = "deliver_policy"
            case replayPolicy = "replay_policy"
            case maxDeliver = "max_deliver"
        }
    }

    let stream: String
    let config: Config

    private enum CodingKeys: String, CodingKey {
        case stream = "stream_name"
        case config
    }
}

/// A consumer as the server reports it.
package struct ConsumerInfo: Sendable, Decodable {
    package let stream: String
    package let name: String
    /// Messages that match and were never delivered.
    package let pending: UInt64
    /// Delivered, waiting for their ack.
    package let ackPending: Int
    package let redelivered: Int
    /// Pull requests that wait at the server.
    package let waiting: Int
    /// The last that was delivered.
    package let delivered: Position

    package struct Position: Sendable, Decodable {
        /// Its number in the stream.
        package let sequence: UInt64

        private enum CodingKeys: String, CodingKey { case sequence = "stream_seq" }
    }

    private enum CodingKeys: String, CodingKey {
        case name
        case stream = "stream_name"
        case pending = "num_pending"
        case ackPending = "num_ack_pending"
        case redelivered = "num_redelivered"
        case waiting = "num_waiting"
        case delivered
    }
}

extension JetStream {
    /// Makes a durable pull consumer; the same configuration again changes nothing.
    package func createConsumer(_ stream: String, _ config: ConsumerConfig) async throws(NATSError) -> ConsumerInfo {
        let what = "\(stream)/\(config.name)"
        let request = ConsumerRequest(
            stream: stream,
            config: .init(
                durableName: config.name, name: config.name, filterSubject: config.filterSubject,
                headersOnly: config.headersOnly ? true : nil, ackWait: config.ackWait.nanoseconds,
                maxAckPending: config.maxAckPending, maxWaiting: config.maxWaiting,
                inactiveThreshold: config.inactiveThreshold?.nanoseconds))
        let body = try Self.encode(request, "create consumer", what)
        // The filter in the subject lets an account limit who may read what.
        let filter = config.filterSubject.map { ".\($0)" } ?? ""
        return try await call(
            "CONSUMER.CREATE.\(stream).\(config.name)\(filter)", "create consumer", what, body: body)
    }

    /// - Throws: `api` with `consumerNotFound` or `streamNotFound`.
    package func consumerInfo(_ stream: String, _ consumer: String) async throws(NATSError) -> ConsumerInfo {
        try await call("CONSUMER.INFO.\(stream).\(consumer)", "inspect consumer", "\(stream)/\(consumer)")
    }
}
