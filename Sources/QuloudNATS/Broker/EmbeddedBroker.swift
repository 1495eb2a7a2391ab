import Dispatch
import Glibc
import QuloudSystem

/// A `nats-server` of our own: configured, started, watched, restarted, stopped; it never outlives this process.
package actor EmbeddedBroker {
    package enum State: Sendable, Equatable {
        case stopped
        case starting
        case running(pid: pid_t)
        /// It ended unexpectedly and is started again after a pause.
        case restarting(attempt: Int, why: String)
    }

    private static let readyMax = Duration.seconds(60)
    private static let stopMax = Duration.seconds(6)

    private let config: BrokerConfig
    private let files: BrokerFiles
    private var binary: ServerBinary?
    private var login = BrokerConfig.Login(user: "", password: "")
    private var port: UInt16 = 0
    /// New at every start, so that another server on the port is not taken for ours.
    private var name = ""
    private var child: ChildProcess?
    private var watcher: Task<Void, Never>?
    private var stopping = false
    private var listeners: [AsyncStream<State>.Continuation] = []

    package private(set) var state = State.stopped {
        didSet { for listener in listeners { listener.yield(state) } }
    }

    package init(_ config: BrokerConfig) {
        self.config = config
        files = BrokerFiles(directory: config.directory)
    }

    deinit {
        watcher?.cancel()
        child?.signal(SIGKILL)
    }

    /// How to connect to it; valid after `start`, and the same after every restart.
    package var settings: NATSSettings { config.clientSettings(port: port, login: login) }

    /// The binary that runs; nil before `start`.
    package var server: ServerBinary? { binary }

    /// The lines that a second machine has to put into its `node.toml`.
    package func joinInstructions() -> String { config.joinInstructions(port: port, login: login) }

    /// The state now and every change from now on; the newest 16 are kept for a slow reader.
    package func states() -> AsyncStream<State> {
        let (stream, continuation) = AsyncStream.makeStream(of: State.self, bufferingPolicy: .bufferingNewest(16))
        continuation.yield(state)
        listeners.append(continuation)
        return stream
    }

    /// How another process of the same user reaches a loopback broker that runs in `directory`; nil when there is none.
    package static func savedSettings(directory: String) -> NATSSettings? {
        let files = BrokerFiles(directory: directory)
        guard let port = files.savedPort(), let login = files.savedLogin() else { return nil }
        return BrokerConfig(directory: directory).clientSettings(port: port, login: login)
    }

    // MARK: - Starting

    /// Starts the server and returns once it answers with JetStream; from then on it is watched and restarted.
    package func start() async throws(BrokerError) {
        guard watcher == nil, state == .stopped else { return }
        stopping = false
        state = .starting
        do throws(BrokerError) {
            let child = try await prepareAndLaunch()
            watcher = Task { [weak self] in await self?.watch(child) }
        } catch {
            state = .stopped
            throw error
        }
    }

    /// Another process may take a freely chosen port before the server does: then another port is chosen.
    private func prepareAndLaunch() async throws(BrokerError) -> ChildProcess {
        var attempt = 1
        while true {
            try await prepare()
            do throws(BrokerError) {
                return try await launch()
            } catch {
                guard error.detail.contains("address already in use") else { throw error }
                guard config.port == nil, attempt < 5 else { throw BrokerError(.portTaken, error.detail) }
                attempt += 1
            }
        }
    }

    private func prepare() async throws(BrokerError) {
        try config.validate()
        let binary = try await ServerBinary.find(configured: config.serverPath)
        self.binary = binary
        try files.prepare()
        await endLeftover()
        try files.claimStore(for: binary.version)
        login = if let configured = config.login { configured } else { try files.loginOrNew() }
        port = try choosePort()
        try files.save(port: port)
        name = config.serverName + "-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        try files.write(config.serverConfiguration(port: port, login: login, name: name), to: files.configuration)
        let check: (exit: ChildProcess.Exit, output: String)
        do throws(ChildProcess.SpawnError) {
            check = try await CapturedRun.run(binary.path, ["-t", "-c", files.configuration])
        } catch {
            throw BrokerError(.cannotStart, error.description)
        }
        guard check.exit == .code(0) else {
            throw BrokerError(.badConfiguration, "nats-server \(binary.version) refuses it: \(check.output)")
        }
    }

    /// Below the ephemeral range, so that no outgoing connection takes the port between two lives of the server.
    private func choosePort() throws(BrokerError) -> UInt16 {
        if let fixed = config.port {
            guard Self.isFree(fixed, config.listenHost) else {
                throw BrokerError(.portTaken, "port \(fixed) on \(config.listenHost) is taken by another process")
            }
            return fixed
        }
        if let saved = files.savedPort(), Self.isFree(saved, config.listenHost) { return saved }
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000..<32_000)
            if Self.isFree(port, config.listenHost) { return port }
        }
        throw BrokerError(.portTaken, "no free port on \(config.listenHost)")
    }

    private static func isFree(_ port: UInt16, _ host: String) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let entry = list else { return false }
        defer { freeaddrinfo(entry) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(entry.pointee.ai_family, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return bind(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 && listen(descriptor, 1) == 0
    }

    /// For Go's collector: chunks come and go, and to give memory back and take it anew costs more than to collect. So it
    /// waits for 40 MiB at least, and then until the process has a third, or 64 MiB, more than what its streams may take.
    private var memory: [String] {
        let streams = config.memoryStoreMax
        return ["GOGC=1000", "GOMEMLIMIT=\(streams + max(streams / 3, 64 << 20))"]
    }

    private func launch() async throws(BrokerError) -> ChildProcess {
        guard let binary, !stopping else { throw BrokerError(.stopped, "stopped") }
        let log = try files.openLog()
        defer { close(log) }
        let child: ChildProcess
        do throws(ChildProcess.SpawnError) {
            child = try await ChildProcess.spawn(
                binary.path, ["-c", files.configuration], environment: ["PATH=/usr/bin:/bin"] + memory, output: log)
        } catch {
            throw BrokerError(.cannotStart, error.description)
        }
        self.child = child
        do throws(BrokerError) {
            try await waitUntilReady(child)
        } catch {
            await Self.end(child)
            throw error
        }
        state = .running(pid: child.id)
        return child
    }

    private func waitUntilReady(_ child: ChildProcess) async throws(BrokerError) {
        let deadline = ContinuousClock.now + Self.readyMax
        var last = "no answer"
        while ContinuousClock.now < deadline, !stopping {
            guard child.exit == nil else {
                throw BrokerError(.cannotStart, "nats-server ended at once: \(files.logTail())")
            }
            do throws(NATSError) {
                _ = try await Self.check(settings, name)
                return
            } catch {
                last = error.description
                let hopeless: [NATSError.Kind] = [
                    .authorizationViolation, .tlsFailed, .jetStreamDisabled, .badSettings,
                ]
                guard !hopeless.contains(error.kind) else { throw BrokerError(.notReady, last) }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        throw stopping ? BrokerError(.stopped, "stopped") : BrokerError(.notReady, last)
    }

    /// Connects and asks JetStream for its account: what a client needs, no more.
    private static func check(
        _ settings: NATSSettings, _ name: String
    ) async throws(NATSError) -> JetStreamAccount {
        let address = try BrokerAddress(settings.urls.first ?? "")
        let greeting: Result<NATSServerInfo, NATSError> = await withCheckedContinuation { continuation in
            DispatchQueue(label: "quloud.broker.greet").async {
                do throws(NATSError) {
                    continuation.resume(returning: .success(try InfoProbe.greet(address, timeout: .seconds(2))))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        guard try greeting.get().serverName == name else {
            throw NATSError(.unreachable, "connect to", address.description, detail: "another server answers there")
        }
        let connection = try await NATSConnection.connect(settings)
        return try await JetStream(connection).accountInfo()
    }

    // MARK: - Watching

    /// Whether it answers now, with JetStream.
    package func health() async throws(BrokerError) -> JetStreamAccount {
        guard case .running = state else { throw BrokerError(.notReady, "not running: \(state)") }
        do throws(NATSError) {
            return try await Self.check(settings, name)
        } catch {
            throw BrokerError(.notReady, error.description)
        }
    }

    private func watch(_ first: ChildProcess) async {
        var child = first
        var attempt = 0
        while true {
            let began = ContinuousClock.now
            let exit = await child.wait()
            guard !stopping else { return }
            // A minute of work counts as recovered.
            attempt = ContinuousClock.now - began > .seconds(60) ? 1 : attempt + 1
            var why = "nats-server ended with \(exit)"
            while true {
                state = .restarting(attempt: attempt, why: why)
                try? await Task.sleep(for: Self.pause(attempt))
                guard !stopping else { return }
                do throws(BrokerError) {
                    child = try await launch()
                    break
                } catch {
                    guard !stopping else { return }
                    why = error.detail
                    attempt += 1
                }
            }
        }
    }

    /// Doubles from 0.2 s to 30 s, each time somewhere between half and all of it.
    static func pause(_ attempt: Int) -> Duration {
        let full = min(30_000, 200 << min(max(attempt, 1) - 1, 8))
        return .milliseconds(Int.random(in: full / 2...full))
    }

    // MARK: - Stopping

    /// Stops the server and waits for its end: asked first, after six seconds forced.
    package func stop() async {
        stopping = true
        watcher?.cancel()
        if let child { await Self.end(child) }
        await watcher?.value
        // A start that was under way may have made another one meanwhile.
        if let child { await Self.end(child) }
        watcher = nil
        child = nil
        files.removePID()
        state = .stopped
    }

    private static func end(_ child: ChildProcess) async {
        child.signal(SIGTERM)
        let force = Task {
            try await Task.sleep(for: stopMax)
            child.signal(SIGKILL)
        }
        _ = await child.wait()
        force.cancel()
    }

    /// Ends the server of an earlier life, should it have survived; never a process that is not ours.
    private func endLeftover() async {
        guard let id = files.leftover() else { return files.removePID() }
        kill(id, SIGTERM)
        let deadline = ContinuousClock.now + Self.stopMax
        while files.isOurs(id), ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
        if files.isOurs(id) { kill(id, SIGKILL) }
        while files.isOurs(id) { try? await Task.sleep(for: .milliseconds(20)) }
        files.removePID()
    }
}
