import QuloudCore
import Synchronization

/// Knows how to free the sealed chunks of one mailbox: it takes delivery of their headers in the background and keeps the
/// subject by which each can be acked, which removes it from the broker.
final class FreeingQueue: Sendable {
    private struct State {
        var tokens: [ChunkID: String] = [:]
        /// Freed before their messages came.
        var wanted: Set<ChunkID> = []
        /// Published, as far as we know, and neither delivered nor, once freed, removed.
        var undelivered: Set<ChunkID> = []
        var lastSequence: UInt64 = 0
        var reader: Task<Void, Never>?
    }

    /// Chunks whose messages may be waited for; more are left to the stream's maximum age.
    private static let awaitedMax = 50_000

    /// Chunks known to lie at the broker. Far more than are ever in flight: anybody may publish under our mailbox.
    private static let tokensMax = 100_000

    /// What comes meanwhile is taken together.
    private static let gather: Duration = .milliseconds(100)

    let consumer: FabricConsumer
    private let link: FabricLink
    private let state = Mutex(State())

    init(_ mailbox: MailboxID, _ link: FabricLink) {
        self.link = link
        consumer = FabricConsumers.freeing(mailbox)
    }

    deinit {
        stop()
    }

    /// Starts taking delivery.
    func start() {
        let reader = Task { [weak self, link, consumer] in
            var failures = 0
            while !Task.isCancelled {
                do throws(FabricError) {
                    let messages = try await link.take(consumer, limit: 512, wait: .seconds(20))
                    failures = 0
                    guard let self else { return }
                    await self.note(messages)
                    // A delivery for each chunk would cost more than the wait.
                    try? await Task.sleep(for: Self.gather)
                } catch {
                    guard link.connection.state.link != .closed else { return }
                    failures += 1
                    if failures == 3 { link.log(Note(.warning, subject: consumer.text, "\(error); trying on")) }
                    try? await link.connection.waitUntilConnected(timeout: .seconds(20))
                    try? await Task.sleep(for: .milliseconds(min(100 << min(failures, 5), 2000)))
                }
            }
        }
        state.withLock { state in
            state.reader?.cancel()
            state.reader = reader
        }
    }

    func stop() {
        state.withLock { $0.reader?.cancel() }
    }

    /// A chunk about to be published is wanted again, whatever was freed before.
    func keep(_ chunk: ChunkID) {
        state.withLock { state in
            state.wanted.remove(chunk)
            if state.tokens[chunk] == nil, state.undelivered.count < Self.awaitedMax { state.undelivered.insert(chunk) }
        }
    }

    /// Frees chunks, those that were not delivered yet as soon as they are.
    func free(_ chunks: [ChunkID]) async {
        let known = state.withLock { state in
            var known: [(ChunkID, String)] = []
            for chunk in chunks {
                if let token = state.tokens.removeValue(forKey: chunk) {
                    known.append((chunk, token))
                } else if state.wanted.count < Self.awaitedMax {
                    state.wanted.insert(chunk)
                }
            }
            return known
        }
        await remove(known)
    }

    /// The broker did not take it.
    func notPublished(_ chunk: ChunkID) {
        _ = state.withLock { $0.undelivered.remove(chunk) }
    }

    /// Frees what lies in the mailbox, for brokers that do not let us purge. What was published last is waited for.
    func freeAll() async {
        await removeDelivered()
        let deadline = ContinuousClock.now + .seconds(2)
        while state.withLock({ !$0.undelivered.isEmpty }), ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
        }
        await removeDelivered()
    }

    private func removeDelivered() async {
        await remove(
            state.withLock { state in
                defer { state.tokens = [:] }
                return state.tokens.map { ($0.key, $0.value) }
            })
    }

    /// Removes the message that lies under the name of a chunk, waiting for its delivery.
    /// - Returns: true when the broker has confirmed that.
    func evict(_ chunk: ChunkID, within patience: Duration) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while ContinuousClock.now < deadline {
            if let token = state.withLock({ $0.tokens.removeValue(forKey: chunk) }) {
                return (try? await link.confirm(token)) != nil
            }
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return false }
        }
        return false
    }

    private func note(_ messages: [NATSMessage]) async {
        let due = state.withLock { state in
            var due: [(ChunkID, String)] = []
            for message in messages {
                guard let token = message.reply, let delivery = consumer.delivery(message),
                    let chunk = FabricSubjects.chunk(of: message.subject)
                else { continue }
                // Counting from the beginning: a new consumer. The old one's subjects could hit other messages.
                if delivery.consumerSequence <= state.lastSequence { state.tokens = [:] }
                state.lastSequence = delivery.consumerSequence
                if state.wanted.remove(chunk) != nil {
                    due.append((chunk, token))
                    continue
                }
                state.undelivered.remove(chunk)
                if state.tokens.count < Self.tokensMax || state.tokens[chunk] != nil {
                    state.tokens[chunk] = token
                }
            }
            return due
        }
        await remove(due)
        state.withLock { state in for (chunk, _) in due { state.undelivered.remove(chunk) } }
    }

    private func remove(_ known: [(ChunkID, String)]) async {
        try? await forAll(known) { [self] chunk, token async throws(FabricError) in
            var current: String? = token
            while let token = current {
                guard (try? await link.confirm(token)) == nil else { return }
                current = replacement(for: chunk)
            }
        }
    }

    /// After a failure: the token of a delivery that came meanwhile, or nil, and then the next delivery is freed.
    private func replacement(for chunk: ChunkID) -> String? {
        state.withLock { state in
            if let token = state.tokens.removeValue(forKey: chunk) { return token }
            if state.wanted.count < Self.awaitedMax { state.wanted.insert(chunk) }
            return nil
        }
    }
}
