import CNATS
import Dispatch
import QuloudSystem

/// A connection to a broker that comes back by itself until it is closed or let go.
///
/// All calls into the C library run on queues of their own. Nothing is buffered while disconnected: calls then fail with
/// `disconnected` at once, and the caller decides whether to wait (`waitUntilConnected`) and try again.
package final class NATSConnection: Sendable {
    let core: NATSCore

    private init(core: NATSCore) {
        self.core = core
    }

    deinit {
        core.queue.async { [core] in core.close() }
    }

    /// Connects once; later losses are repaired by themselves, a first failure is the caller's to repeat.
    /// - Throws: the kinds of `NATSError` that tell a user what is wrong: `unknownHost`, `connectionRefused`, `notNATS`,
    ///   `tlsFailed`, `tlsRequired`, `tlsNotOffered`, `authorizationViolation`, `badSettings`, `unreachable`.
    package static func connect(_ settings: NATSSettings) async throws(NATSError) -> NATSConnection {
        let connection = NATSConnection(core: NATSCore(settings: settings))
        try await connection.onQueue { core throws(NATSError) in try core.open() }
        return connection
    }

    /// Closes the connection; everything waiting fails with `closed`. Safe to call twice.
    package func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            core.queue.async { [core] in
                core.close()
                continuation.resume()
            }
        }
    }

    /// Every subject under this prefix is this connection's own inbox.
    package var inboxPrefix: String { core.inboxPrefix }

    package var state: NATSState { core.events.state }

    /// What happens from now on; the newest 64 events are kept for a slow reader.
    package func events() -> AsyncStream<NATSEvent> { core.events.listen().stream }

    /// Returns once the link is up.
    /// - Throws: `timeout`, `closed` or `cancelled`.
    package func waitUntilConnected(timeout: Duration) async throws(NATSError) {
        let (stream, stop) = core.events.listen()
        let timer = core.sweeper.add(at: .now + timeout) { stop() }
        defer {
            core.sweeper.remove(timer)
            stop()
        }
        if state.link == .connected { return }
        for await _ in stream where state.link == .connected { return }
        let kind: NATSError.Kind = Task.isCancelled ? .cancelled : state.link == .closed ? .closed : .timeout
        throw NATSError(kind, "wait for", "broker", detail: state.lastError?.description ?? "")
    }

    /// Hands a message to the library, which sends it at once. Not a proof that it arrived: see `flush`.
    /// - Throws: `disconnected`, `payloadTooLarge`, `closed`. A denied subject is reported later, as an event.
    package func publish(
        _ subject: String, reply: String? = nil, payload: [UInt8] = [], headers: [(String, String)] = []
    ) async throws(NATSError) {
        try await onQueue { core throws(NATSError) in try core.publish(subject, reply: reply, payload, headers) }
    }

    /// Waits until the server has taken everything published so far.
    /// - Returns: how long the round trip took.
    @discardableResult
    package func flush(timeout: Duration = .seconds(10)) async throws(NATSError) -> Duration {
        let start = ContinuousClock.now
        let error: NATSError? = await withCheckedContinuation { continuation in
            core.queue.async { [core] in
                guard let handle = core.handle else {
                    return continuation.resume(returning: NATSError(.disconnected, "flush", "connection"))
                }
                // Queued before any later release of the handle, which passes through the same queue.
                let address = UInt(bitPattern: handle)
                core.waitingQueue.async { continuation.resume(returning: Self.flush(address, timeout)) }
            }
        }
        if let error { throw error }
        return .now - start
    }

    /// Asks for a PONG and waits for it: blocks, and reads the library's thread-local error text.
    private static func flush(_ address: UInt, _ timeout: Duration) -> NATSError? {
        let status = natsConnection_FlushTimeout(OpaquePointer(bitPattern: address), timeout.milliseconds)
        switch status {
        case NATS_OK: return nil
        case NATS_TIMEOUT: return NATSError(.timeout, "flush", "connection")
        default: return NATSError(.disconnected, "flush", "connection", detail: LibraryStatus.text(status))
        }
    }

    func onQueue<T: Sendable>(
        _ body: @escaping @Sendable (NATSCore) throws(NATSError) -> T
    ) async throws(NATSError) -> T {
        let result: Result<T, NATSError> = await withCheckedContinuation { continuation in
            core.queue.async { [core] in
                let result: Result<T, NATSError>
                do throws(NATSError) { result = .success(try body(core)) } catch { result = .failure(error) }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
