import QuloudCore
import Synchronization

/// Makes the streams and consumers that are missing: at the start, and whenever the broker turns out to have forgotten.
final class Provisioning: Sendable {
    private typealias Repair = Task<FabricError?, Never>

    private struct State {
        var round = 0
        var running: Repair?
        /// Consumers that exist as far as we know, and how often the connection had been made anew when they were seen:
        /// afterwards it may be another broker, or one that was started again.
        var known: [String: Int] = [:]
        var told: Set<String> = []
    }

    private let jetStream: JetStream
    private let settings: FabricSettings
    private let log: FabricLog
    private let state = Mutex(State())
    /// Consumers are made one after the other: the client library may swallow one of two refusals at the same moment.
    private let turn = ByteGate(capacity: 1)

    init(_ jetStream: JetStream, _ settings: FabricSettings, log: @escaping FabricLog) {
        self.jetStream = jetStream
        self.settings = settings
        self.log = log
    }

    /// Goes up with every repair: read it before an operation, and hand it to `repair` when that failed.
    var round: Int { state.withLock { $0.round } }

    /// Sees to all streams, once for all who noticed the same loss.
    func repair(after seen: Int) async throws(FabricError) {
        let repair = state.withLock { state -> Repair? in
            guard state.round == seen else { return nil }
            if let running = state.running { return running }
            let repair = Task { await self.run() }
            state.running = repair
            return repair
        }
        if let error = await repair?.value { throw error }
    }

    private func run() async -> FabricError? {
        var failure: FabricError?
        do throws(FabricError) {
            for stream in FabricStreams.wanted(settings) { try await ensure(stream) }
        } catch {
            failure = error
        }
        state.withLock { state in
            state.running = nil
            guard failure == nil else { return }
            state.round += 1
            state.known = [:]
        }
        return failure
    }

    private func ensure(_ stream: StreamConfig) async throws(FabricError) {
        let found: StreamConfig
        do throws(NATSError) {
            found = try await jetStream.ensureStream(stream).config
        } catch {
            // Somebody else looks after the streams, and using them will show whether they are there.
            if error.isDenied {
                return tell(stream.name, "may not be inspected or made with these credentials; going on")
            }
            if error.isStorageFull { return try await makeUnreserved(stream, because: error) }
            throw FabricError(error)
        }
        try check(found, against: stream)
    }

    /// A limit in bytes is reserved when a stream is made; a small broker gets a stream without one.
    private func makeUnreserved(_ stream: StreamConfig, because error: NATSError) async throws(FabricError) {
        var smaller = stream
        smaller.maxBytes = -1
        do throws(NATSError) {
            _ = try await jetStream.ensureStream(smaller)
            tell(stream.name, "made without a limit of its own: the broker has not \(stream.maxBytes) bytes to reserve")
        } catch {
            throw FabricError(
                .unsuitable, "the broker has no room for stream \(stream.name): raise its JetStream limits (\(error))")
        }
    }

    private func check(_ found: StreamConfig, against wanted: StreamConfig) throws(FabricError) {
        let differences = wanted.differences(from: found)
        guard !differences.isEmpty else { return }
        let list = differences.joined(separator: ", ")
        guard FabricStreams.essential(wanted.name).isDisjoint(with: differences) else {
            throw FabricError(
                .unsuitable, "stream \(wanted.name) on the broker was made for something else, see its \(list)")
        }
        tell(wanted.name, "kept as it is on the broker, though it differs in \(list)")
    }

    /// Makes a consumer unless it is known to exist.
    func ensure(_ consumer: FabricConsumer) async throws(NATSError) {
        guard !isKnown(consumer) else { return }
        do { try await turn.enter(1) } catch { throw NATSError(.cancelled, "create consumer", consumer.text) }
        defer { turn.leave(1) }
        guard !isKnown(consumer) else { return }
        let reconnects = jetStream.connection.state.reconnects
        do throws(NATSError) {
            let found = try await jetStream.createConsumer(consumer.stream, consumer.config)
            try await mend(consumer, found)
        } catch {
            if error.isDenied {
                tell(consumer.stream, "its consumers may not be made with these credentials; going on")
            } else {
                guard case .api = error.kind, !error.saysForgotten, !error.isStorageFull else { throw error }
                // One with other settings is there: it serves as well.
                _ = try await jetStream.consumerInfo(consumer.stream, consumer.name)
                tell(consumer.text, "kept as it is on the broker, though it differs")
            }
        }
        state.withLock { $0.known[consumer.text] = reconnects }
    }

    /// A broker whose files were damaged may believe that more was delivered than its stream has. It says nothing, and
    /// delivers nothing until the stream has got that far: such a consumer is made anew.
    private func mend(_ consumer: FabricConsumer, _ found: ConsumerInfo) async throws(NATSError) {
        guard found.delivered.sequence > 0, let stream = try? await jetStream.streamInfo(consumer.stream),
            found.delivered.sequence > stream.state.lastSequence
        else { return }
        try await jetStream.deleteConsumer(consumer.stream, consumer.name)
        _ = try await jetStream.createConsumer(consumer.stream, consumer.config)
        log(Note(.warning, subject: consumer.text, "was ahead of its stream on the broker; made anew"))
    }

    private func isKnown(_ consumer: FabricConsumer) -> Bool {
        let reconnects = jetStream.connection.state.reconnects
        return state.withLock { $0.known[consumer.text] == reconnects }
    }

    func forget(_ consumer: FabricConsumer) {
        state.withLock { $0.known[consumer.text] = nil }
    }

    /// Once for each subject and text.
    private func tell(_ subject: String, _ text: String) {
        guard state.withLock({ $0.told.insert(subject + text).inserted }) else { return }
        log(Note(.warning, subject: subject, text))
    }
}
