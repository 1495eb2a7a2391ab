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
        let reply = "\(core.inboxPrefix).\(String(token, radix: 36))"
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
        return try outcome.get()
    }

    /// Opens an inbox that takes many replies, bounded in number and bytes.
    /// - Parameter purpose: the subject that is asked, for error messages and permission errors.
    package func openInbox(for purpose: String, countMax: Int, bytesMax: Int) -> NATSInbox {
        let token = core.replies.makeToken()
        let mailbox = NATSMailbox(countMax: countMax, bytesMax: bytesMax, sweeper: core.sweeper)
        core.replies.collect(token, subject: purpose, into: mailbox)
        return NATSInbox(
            subject: "\(core.inboxPrefix).\(String(token, radix: 36))", mailbox: mailbox,
            close: { [replies = core.replies] in
                replies.finish(token, .failure(NATSError(.closed, "read inbox of", purpose)))
            })
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
            if answer.status == 503, answer.payload.isEmpty { break }
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

    init(subject: String, mailbox: NATSMailbox, close: @escaping @Sendable () -> Void) {
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
