import QuloudSystem
import Synchronization

/// A bounded queue between the library's threads and one Swift reader. What does not fit is dropped and counted.
package final class NATSMailbox: Sendable {
    private typealias Outcome = Result<NATSMessage?, NATSError>

    private struct State {
        var messages: [NATSMessage?] = []
        var head = 0
        var bytes = 0
        var dropped = 0
        var end: NATSError??
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Outcome, Never>)] = []
        var nextWaiter: UInt64 = 0
        var count: Int { messages.count - head }
    }

    private let state = Mutex(State())
    private let countMax: Int
    private let bytesMax: Int
    private let sweeper: DeadlineSweeper

    init(countMax: Int, bytesMax: Int, sweeper: DeadlineSweeper) {
        self.countMax = countMax
        self.bytesMax = bytesMax
        self.sweeper = sweeper
    }

    /// How many messages were dropped since the beginning.
    package var dropped: Int { state.withLock { $0.dropped } }

    /// The next message, waiting for it until `deadline` (nil: for ever).
    /// - Returns: nil once the deadline passed or the mailbox was closed by its owner.
    /// - Throws: the error that ended the mailbox, or `cancelled`.
    package func next(until deadline: DeadlineSweeper.Instant? = nil) async throws(NATSError) -> NATSMessage? {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = deadline.map { sweeper.add(at: $0) { [weak self] in self?.release(id, with: .success(nil)) } }
        defer { if let timer { sweeper.remove(timer) } }
        let outcome: Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let ready = enter(id, continuation) { return continuation.resume(returning: ready) }
                if Task.isCancelled { release(id, with: .failure(Self.cancelled)) }
                if let deadline, deadline <= .now { release(id, with: .success(nil)) }
            }
        } onCancel: {
            release(id, with: .failure(Self.cancelled))
        }
        // As in `ReplyTable.handOver`.
        state.withLock { _ in }
        return try outcome.get()
    }

    /// Hands a message to the reader, or drops it when there is no room.
    /// - Returns: how many were dropped so far, when that should be told: at 1, 2, 4, 8 …, for a flood of messages must not
    ///   turn into a flood of events.
    func push(_ message: NATSMessage) -> Int? {
        let (dropped, waiter) = state.withLock { state -> (Int?, CheckedContinuation<Outcome, Never>?) in
            guard state.end == nil else { return (nil, nil) }
            if !state.waiters.isEmpty { return (nil, state.waiters.removeFirst().continuation) }
            guard state.count < countMax, state.bytes + message.size <= bytesMax else {
                state.dropped += 1
                return (state.dropped.nonzeroBitCount == 1 ? state.dropped : nil, nil)
            }
            state.messages.append(message)
            state.bytes += message.size
            return (nil, nil)
        }
        waiter?.resume(returning: .success(message))
        return dropped
    }

    /// Ends the mailbox: what is queued can still be read, then readers get `error`, or nil for an ordinary end.
    func finish(_ error: NATSError?) {
        let waiters = state.withLock { state in
            if state.end == nil { state.end = .some(error) }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: error.map { .failure($0) } ?? .success(nil)) }
    }

    private static let cancelled = NATSError(.cancelled, "wait for", "message")

    private func enter(_ id: UInt64, _ continuation: CheckedContinuation<Outcome, Never>) -> Outcome? {
        state.withLock { state in
            if state.head < state.messages.count, let message = state.messages[state.head] {
                state.messages[state.head] = nil
                state.bytes -= message.size
                state.head += 1
                if state.count == 0 || state.head > max(64, state.count) {
                    state.messages.removeFirst(state.head)
                    state.head = 0
                }
                return .success(message)
            }
            if let end = state.end { return end.map { .failure($0) } ?? .success(nil) }
            state.waiters.append((id, continuation))
            return nil
        }
    }

    private func release(_ id: UInt64, with outcome: Outcome) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
        }
        waiter?.resume(returning: outcome)
    }
}
