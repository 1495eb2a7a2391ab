import Synchronization

/// One pull request under way. Read it with `next` until it returns nil, then start another.
///
/// Letting it go early leaves the request at the server until it expires; what it still delivers comes again after the
/// consumer's ack wait.
package final class JetStreamPull: Sendable {
    /// Why a pull ended without an error.
    package enum End: Sendable, Equatable {
        /// As many messages as asked for.
        case complete
        /// Nothing (more) within `expires`, or nothing there for a pull that does not wait.
        case empty
        /// The next message would exceed `maxBytes`, or another limit of the request.
        case limit(String)
        /// The server forgot the request (restart, new leader), or is older than 2.10 and has no such consumer: make sure
        /// of the consumer, then start another.
        case lost
    }

    /// One message, or the end.
    package enum Item: Sendable {
        case message(NATSMessage)
        case end(End)
    }

    private let inbox: NATSInbox
    private let consumer: String
    private let batch: Int
    private let deadline: ContinuousClock.Instant
    private let silenceMax: Duration?
    private let received = Mutex(0)

    init(
        inbox: NATSInbox, consumer: String, batch: Int, deadline: ContinuousClock.Instant, silenceMax: Duration?
    ) {
        self.inbox = inbox
        self.consumer = consumer
        self.batch = batch
        self.deadline = deadline
        self.silenceMax = silenceMax
    }

    /// Waits for the next item; one reader at a time.
    /// - Throws: `consumerGone`, `disconnected` (start another pull once the link is back), `permissionDenied`, `api`,
    ///   `closed`, `cancelled`.
    package func next() async throws(NATSError) -> Item {
        guard received.withLock({ $0 < batch }) else { return .end(.complete) }
        while true {
            let limit = silenceMax.map { min(deadline, .now + $0) } ?? deadline
            guard let message = try await inbox.next(until: limit) else {
                return .end(.lost)
            }
            // A delivery always has an ack subject; what it says in a Status header of its own means nothing.
            guard message.reply == nil, let status = message.status else {
                received.withLock { $0 += 1 }
                return .message(message)
            }
            if let end = try read(status, message.header("Description") ?? "") { return .end(end) }
        }
    }

    /// All messages of this pull, and how it ended. Messages received before an error are lost to the caller (they come
    /// again): use `next` where that matters.
    package func all() async throws(NATSError) -> (messages: [NATSMessage], end: End) {
        var messages: [NATSMessage] = []
        while true {
            switch try await next() {
            case .message(let message): messages.append(message)
            case .end(let end): return (messages, end)
            }
        }
    }

    private func read(_ status: Int, _ description: String) throws(NATSError) -> End? {
        let text = description.lowercased()
        switch status {
        case 100: return nil
        case 404, 408: return .empty
        case 409 where text.contains("batch completed"): return .complete
        case 409 where text.contains("leadership change") || text.contains("server shutdown"): return .lost
        case 409 where text.contains("deleted"):
            throw NATSError(.consumerGone, "pull from", consumer, detail: description)
        case 409 where text.contains("maxbytes") || text.contains("max_bytes"): return .limit(description)
        // Nobody listens for this consumer: it, its stream or JetStream itself is gone.
        case 503: throw NATSError(.consumerGone, "pull from", consumer, detail: description)
        default: throw NATSError(.api(code: status, errorCode: 0), "pull from", consumer, detail: description)
        }
    }
}

private struct PullRequest: Encodable {
    let batch: Int
    let expires: Int64?
    let maxBytes: Int?
    let noWait: Bool?
    let heartbeat: Int64?

    private enum CodingKeys: String, CodingKey {
        case batch, expires
        case maxBytes = "max_bytes"
        case noWait = "no_wait"
        case heartbeat = "idle_heartbeat"
    }
}

extension JetStream {
    /// Asks a pull consumer for up to `batch` messages.
    ///
    /// The server keeps the request for `expires`; zero means "what is there now". A pull that the server forgot is
    /// noticed by an own deadline, sooner with `idleHeartbeat` (at most half of `expires`).
    /// - Parameter maxBytes: what the server may send at most, subjects and headers included.
    package func pull(
        _ stream: String, _ consumer: String, batch: Int, maxBytes: Int? = nil, expires: Duration,
        idleHeartbeat: Duration? = nil
    ) async throws(NATSError) -> JetStreamPull {
        let what = "\(stream)/\(consumer)"
        let subject = "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(consumer)"
        let waits = expires > .zero
        let request = PullRequest(
            batch: batch, expires: waits ? expires.nanoseconds : nil, maxBytes: maxBytes, noWait: waits ? nil : true,
            heartbeat: waits ? idleHeartbeat?.nanoseconds : nil)
        let body = try Self.encode(request, "pull from", what)
        let inbox = try await connection.openDeliveryInbox(
            for: subject, countMax: batch + 1024, bytesMax: maxBytes.map { $0 + (4 << 20) } ?? 256 << 20)
        try await connection.publish(subject, reply: inbox.subject, payload: body)
        return JetStreamPull(
            inbox: inbox, consumer: what, batch: batch, deadline: .now + expires + timeout,
            silenceMax: waits ? idleHeartbeat.map { $0 * 2 + .milliseconds(500) } : nil)
    }
}
