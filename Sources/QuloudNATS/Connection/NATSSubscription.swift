import Dispatch

extension NATSConnection {
    /// Listens on `subject` (wildcards allowed), across reconnects, until the subscription is closed or let go.
    ///
    /// Bounded: what the reader does not take in time is dropped, counted, and reported as a `slowConsumer` event.
    package func subscribe(
        _ subject: String, pendingCountMax: Int = 1024, pendingBytesMax: Int = 32 << 20
    ) async throws(NATSError) -> NATSSubscription {
        let mailbox = NATSMailbox(countMax: pendingCountMax, bytesMax: pendingBytesMax, sweeper: core.sweeper)
        return try await subscribe(subject, into: mailbox, countMax: pendingCountMax, bytesMax: pendingBytesMax)
    }

    func subscribe(
        _ subject: String, into mailbox: NATSMailbox, countMax: Int, bytesMax: Int
    ) async throws(NATSError) -> NATSSubscription {
        let id = CallbackRegistry.add { [events = core.events] message in
            guard let dropped = mailbox.push(message) else { return }
            events.send(.slowConsumer(subject: subject, dropped: dropped))
        }
        do throws(NATSError) {
            try await onQueue { core throws(NATSError) in
                let limits = (max(countMax, 64), max(bytesMax, 4 << 20))
                try core.subscribe(id, .init(subject: subject, countMax: limits.0, bytesMax: limits.1, handle: nil))
            }
        } catch {
            CallbackRegistry.remove(id)
            throw error
        }
        return NATSSubscription(subject: subject, mailbox: mailbox) { [core] in
            core.queue.async { core.unsubscribe(id) }
        }
    }
}

/// A bounded subscription, read as an asynchronous sequence by one reader.
package final class NATSSubscription: Sendable, AsyncSequence {
    package typealias Element = NATSMessage

    package let subject: String
    private let mailbox: NATSMailbox
    private let leave: @Sendable () -> Void

    init(subject: String, mailbox: NATSMailbox, leave: @escaping @Sendable () -> Void) {
        self.subject = subject
        self.mailbox = mailbox
        self.leave = leave
    }

    deinit {
        unsubscribe()
    }

    /// How many messages did not fit and were dropped.
    package var dropped: Int { mailbox.dropped }

    /// Stops listening; what is queued can still be read, then the sequence ends. Safe to call twice.
    package func unsubscribe() {
        leave()
        mailbox.finish(nil)
    }

    /// The next message; nil once `deadline` passed or the subscription ended.
    package func next(until deadline: ContinuousClock.Instant?) async throws(NATSError) -> NATSMessage? {
        try await mailbox.next(until: deadline)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let subscription: NATSSubscription

        /// nil once the subscription ended or the task was cancelled.
        package mutating func next() async -> NATSMessage? {
            try? await subscription.next(until: nil)
        }
    }
}
