/// What JetStream answers to a publish: it has the message in its store, which is not yet on its disk.
package struct PubAck: Sendable, Equatable, Decodable {
    package let stream: String
    package let sequence: UInt64
    /// The same message id was seen within the stream's duplicate window; nothing was stored.
    package let duplicate: Bool

    private enum CodingKeys: String, CodingKey {
        case stream, duplicate
        case sequence = "seq"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        stream = try values.decode(String.self, forKey: .stream)
        sequence = try values.decode(UInt64.self, forKey: .sequence)
        duplicate = try values.decodeIfPresent(Bool.self, forKey: .duplicate) ?? false
    }
}

extension JetStream {
    /// Publishes and waits for the store's answer; many may be under way at once.
    /// - Throws: `noResponders` when no stream takes the subject, `api` (`isSubjectTaken`, `isStorageFull`), and the kinds
    ///   of `NATSConnection.request`; after `timeout` or `disconnected` the message may have been stored.
    package func publish(
        _ subject: String, payload: [UInt8], headers: [(String, String)] = [], timeout: Duration? = nil
    ) async throws(NATSError) -> PubAck {
        let reply = try await connection.request(
            subject, payload: payload, headers: headers, timeout: timeout ?? self.timeout)
        return try Self.decode(reply.payload, "publish to", subject)
    }

    /// The last message on `subject`, straight from the store; nil when there is none.
    ///
    /// Any replica of the stream answers: nil right after a publish means "not yet".
    /// - Throws: `noResponders` when the stream is missing or does not allow direct gets (`timeout` before 2.10).
    package func directGet(_ stream: String, lastFor subject: String) async throws(NATSError) -> NATSMessage? {
        let reply = try await connection.request("$JS.API.DIRECT.GET.\(stream).\(subject)", timeout: timeout)
        // The server names the subject of what it found; without that name the answer is a status.
        guard reply.header("Nats-Subject") == nil else {
            return reply.stored(as: subject)
        }
        guard let status = reply.status, status != 404 else {
            if reply.status == 404 { return nil }
            throw NATSError(.unexpected, "get", subject, detail: "answer without Nats-Subject")
        }
        let why = reply.header("Description") ?? ""
        throw NATSError(.api(code: status, errorCode: 0), "get", subject, detail: why)
    }

    /// Tells the server that a delivered message is done. Not confirmed: a lost ack leads to a redelivery.
    package func ack(_ message: NATSMessage) async throws(NATSError) {
        try await connection.publish(try Self.ackSubject(message), payload: Array("+ACK".utf8))
    }

    /// Acks and waits until the server has noted it.
    package func ackSync(_ message: NATSMessage) async throws(NATSError) {
        _ = try await connection.request(
            try Self.ackSubject(message), payload: Array("+ACK".utf8), timeout: timeout)
    }

    /// Hands a message back, for redelivery after `delay`.
    package func nak(_ message: NATSMessage, delay: Duration? = nil) async throws(NATSError) {
        let text = delay.map { "-NAK {\"delay\": \($0.nanoseconds)}" } ?? "-NAK"
        try await connection.publish(try Self.ackSubject(message), payload: Array(text.utf8))
    }

    /// Never deliver this message again.
    package func term(_ message: NATSMessage) async throws(NATSError) {
        try await connection.publish(try Self.ackSubject(message), payload: Array("+TERM".utf8))
    }

    /// Restarts the ack wait of a message that is still being worked on.
    package func inProgress(_ message: NATSMessage) async throws(NATSError) {
        try await connection.publish(try Self.ackSubject(message), payload: Array("+WPI".utf8))
    }

    private static func ackSubject(_ message: NATSMessage) throws(NATSError) -> String {
        guard let reply = message.reply, reply.hasPrefix("$JS.ACK.") else {
            throw NATSError(.unexpected, "ack", message.subject, detail: "not a JetStream delivery")
        }
        return reply
    }
}

/// What the ack subject of a delivery tells, in both of its forms (9 tokens, and 11 or more since 2.10).
package struct JetStreamDelivery: Sendable, Equatable {
    package let stream: String
    package let consumer: String
    /// 1 for the first delivery.
    package let deliveries: UInt64
    package let streamSequence: UInt64
    package let consumerSequence: UInt64
    /// When the message was stored, nanoseconds since 1970.
    package let timestamp: Int64
    /// Matching messages that wait behind this one.
    package let pending: UInt64

    /// nil when the message is no JetStream delivery.
    package init?(_ message: NATSMessage) {
        guard let tokens = message.reply?.split(separator: "."), tokens.count >= 9 else { return nil }
        guard tokens[0] == "$JS", tokens[1] == "ACK" else { return nil }
        let start = tokens.count == 9 ? 2 : 4
        guard tokens.count >= start + 7,
            let deliveries = UInt64(tokens[start + 2]), let streamSequence = UInt64(tokens[start + 3]),
            let consumerSequence = UInt64(tokens[start + 4]), let timestamp = Int64(tokens[start + 5]),
            let pending = UInt64(tokens[start + 6])
        else { return nil }
        stream = String(tokens[start])
        consumer = String(tokens[start + 1])
        self.deliveries = deliveries
        self.streamSequence = streamSequence
        self.consumerSequence = consumerSequence
        self.timestamp = timestamp
        self.pending = pending
    }
}
