import QuloudSystem
import Synchronization

/// Who waits for which reply on the connection's one wildcard inbox.
final class ReplyTable: Sendable {
    typealias Outcome = Result<NATSMessage, NATSError>

    private enum Waiting {
        case once(CheckedContinuation<Outcome, Never>, timer: UInt64)
        case many(NATSMailbox)
    }

    private struct Entry {
        let subject: String
        let waiting: Waiting
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
    }

    private let state = Mutex(State())
    private let sweeper: DeadlineSweeper

    init(sweeper: DeadlineSweeper) {
        self.sweeper = sweeper
    }

    /// A fresh token that nobody can guess: whoever was asked once knows the inbox, and must not be able to answer what
    /// others are asked later.
    func makeToken() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return state.withLock { state in
            while true {
                let token = generator.next()
                if state.entries[token] == nil { return token }
            }
        }
    }

    /// Lets `continuation` wait for the first reply with this token.
    func wait(
        _ token: UInt64, subject: String, until deadline: DeadlineSweeper.Instant,
        _ continuation: CheckedContinuation<Outcome, Never>
    ) {
        state.withLock { state in
            let timer = sweeper.add(at: deadline) { [weak self] in
                self?.finish(token, .failure(NATSError(.timeout, "request", subject)))
            }
            state.entries[token] = Entry(subject: subject, waiting: .once(continuation, timer: timer))
        }
    }

    /// Lets `mailbox` receive every reply with this token until it is removed.
    func collect(_ token: UInt64, subject: String, into mailbox: NATSMailbox) {
        state.withLock { $0.entries[token] = Entry(subject: subject, waiting: .many(mailbox)) }
    }

    /// Ends one waiting entry; does nothing when it is gone already.
    func finish(_ token: UInt64, _ outcome: Outcome) {
        end(state.withLock { $0.entries.removeValue(forKey: token) }, outcome)
    }

    /// Ends an inbox that nobody reads any more.
    func close(_ token: UInt64, _ purpose: String) {
        finish(token, .failure(NATSError(.closed, "read inbox of", purpose)))
    }

    /// Called when an outcome was received. Whoever sent it held the lock before; a continuation that is resumed before
    /// anybody waits for it orders the two in a way that the thread sanitizer cannot see, and this one it can.
    func handOver() { state.withLock { _ in } }

    /// Delivers a reply.
    /// - Returns: as `NATSMailbox.push`.
    func deliver(_ message: NATSMessage, to token: UInt64) -> Int? {
        let (mailbox, entry) = state.withLock { state -> (NATSMailbox?, Entry?) in
            guard let entry = state.entries[token] else { return (nil, nil) }
            if case .many(let mailbox) = entry.waiting { return (mailbox, nil) }
            return (nil, state.entries.removeValue(forKey: token))
        }
        if let mailbox { return mailbox.push(message) }
        guard let entry else { return nil }
        if message.status == 503, message.payloadCount == 0 {
            end(entry, .failure(NATSError(.noResponders, "request", entry.subject)))
        } else {
            end(entry, .success(message))
        }
        return nil
    }

    /// Fails every entry, or those whose request went to `subject`.
    func failAll(_ kind: NATSError.Kind, subject: String? = nil, detail: String = "") {
        let failed = state.withLock { state in
            let failed = state.entries.filter { subject == nil || $0.value.subject == subject }
            for token in failed.keys { state.entries[token] = nil }
            return failed.values
        }
        for entry in failed {
            end(entry, .failure(NATSError(kind, "request", entry.subject, detail: detail)))
        }
    }

    private func end(_ entry: Entry?, _ outcome: Outcome) {
        switch entry?.waiting {
        case .once(let continuation, let timer):
            sweeper.remove(timer)
            continuation.resume(returning: outcome)
        case .many(let mailbox):
            if case .failure(let error) = outcome { mailbox.finish(error) } else { mailbox.finish(nil) }
        case nil:
            break
        }
    }
}
