import Dispatch
import QuloudSystem

extension NATSConnection {
    /// Sends a request and waits for its first reply on the connection's shared inbox.
    ///
    /// Cancelling stops the waiting; the request may still be carried out.
    /// - Throws: `noResponders`, `timeout`, `payloadTooLarge`, `permissionDenied`, `disconnected` (also when the link goes
    ///   down before the reply: the request may have been carried out), `closed`, `cancelled`.
    package func request(
        _ subject: String, payload: [UInt8] = [], headers: [(String, String)] = [], timeout: Duration
    ) async throws(NATSError) -> NATSMessage {
        let core = core
        let token = core.replies.makeToken()
        let reply = core.inbox(token)
        let cancelled = ReplyTable.Outcome.failure(NATSError(.cancelled, "request", subject))
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.replies.wait(token, subject: subject, until: .now + timeout, continuation)
                guard !Task.isCancelled else { return core.replies.finish(token, cancelled) }
                core.queue.async {
                    do throws(NATSError) {
                        try core.publish(subject, reply: reply, payload, headers)
                    } catch {
                        core.replies.finish(token, .failure(error))
                    }
                }
            }
        } onCancel: {
            core.replies.finish(token, cancelled)
        }
        core.replies.handOver()
        return try outcome.get()
    }

    /// Opens an inbox that takes many replies, bounded in number and bytes, on the connection's shared subscription.
    /// - Parameter purpose: the subject that is asked, for error messages and permission errors.
    package func openInbox(for purpose: String, countMax: Int, bytesMax: Int) -> NATSInbox {
        let replies = core.replies
        let token = replies.makeToken()
        let mailbox = NATSMailbox(countMax: countMax, bytesMax: bytesMax, sweeper: core.sweeper)
        replies.collect(token, subject: purpose, into: mailbox)
        return NATSInbox(subject: core.inbox(token), mailbox) { replies.close(token, purpose) }
    }

    /// The same with a subscription of its own: JetStream delivers under the stored message's subject, so the shared
    /// one could not tell whose delivery it is.
    package func openDeliveryInbox(
        for purpose: String, countMax: Int, bytesMax: Int
    ) async throws(NATSError) -> NATSInbox {
        let replies = core.replies
        let token = replies.makeToken()
        let mailbox = NATSMailbox(countMax: countMax, bytesMax: bytesMax, sweeper: core.sweeper)
        let subscription = try await subscribe(
            core.deliveryInbox(token), into: mailbox, countMax: countMax, bytesMax: bytesMax)
        // Known to the table as well, so that a lost link or a denied request ends it.
        replies.collect(token, subject: purpose, into: mailbox)
        // The subscription ends with the inbox.
        return NATSInbox(subject: subscription.subject, mailbox) {
            withExtendedLifetime(subscription) { replies.close(token, purpose) }
        }
    }

    /// Asks everybody who listens on `subject` and gathers the answers of `time`, at most `max`.
    ///
    /// Nobody listening gives an empty list.
    package func collect(
        _ subject: String, payload: [UInt8], headers: [(String, String)] = [], for time: Duration, max: Int
    ) async throws(NATSError) -> [NATSMessage] {
        let deadline = ContinuousClock.now + time
        let inbox = openInbox(for: subject, countMax: max, bytesMax: 64 << 20)
        try await publish(subject, reply: inbox.subject, payload: payload, headers: headers)
        var answers: [NATSMessage] = []
        while answers.count < max, let answer = try await inbox.next(until: deadline) {
            if answer.status == 503, answer.payloadCount == 0 { break }
            answers.append(answer)
        }
        return answers
    }
}

/// An inbox for many replies; it closes when it is let go.
package final class NATSInbox: Sendable {
    /// Give this as the reply subject.
    package let subject: String
    private let mailbox: NATSMailbox
    private let close: @Sendable () -> Void

    init(subject: String, _ mailbox: NATSMailbox, close: @escaping @Sendable () -> Void) {
        self.subject = subject
        self.mailbox = mailbox
        self.close = close
    }

    deinit {
        close()
    }

    /// How many replies did not fit and were dropped.
    package var dropped: Int { mailbox.dropped }

    /// The next reply; nil once `deadline` passed.
    /// - Throws: `disconnected` when the link went down (replies on the way are lost), `permissionDenied`, `closed`,
    ///   `cancelled`.
    package func next(until deadline: ContinuousClock.Instant) async throws(NATSError) -> NATSMessage? {
        try await mailbox.next(until: deadline)
    }
}
