import Foundation
import Glibc
import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct EmbeddedBrokerTests {
    private static func config(_ binary: String, _ folder: TestFolder) -> BrokerConfig {
        var config = BrokerConfig(directory: folder.path + "/broker")
        config.serverPath = binary
        return config
    }

    private static func isAlive(_ id: pid_t) -> Bool { kill(id, 0) == 0 }

    private static func pid(_ broker: EmbeddedBroker) async throws -> pid_t {
        guard case .running(let id) = await broker.state else { throw BrokerError(.notReady, "not running") }
        return id
    }

    @Test(arguments: NATSServers.all)
    func startsServesAndStopsWithoutATrace(_ binary: String) async throws {
        let folder = try TestFolder()
        let broker = EmbeddedBroker(Self.config(binary, folder))
        try await broker.start()
        let id = try await Self.pid(broker)
        #expect(try await broker.health().streams == 0)
        let settings = await broker.settings
        let jetStream = JetStream(try await NATSConnection.connect(settings))
        _ = try await jetStream.ensureStream(StreamConfig(name: "S", subjects: ["s.>"]))
        #expect(EmbeddedBroker.savedSettings(directory: folder.path + "/broker")?.urls == settings.urls)
        var stranger = settings
        stranger.credentials = .none
        #expect(await refusal(stranger) == .authorizationViolation)
        await broker.stop()
        #expect(!Self.isAlive(id))
        #expect(await broker.state == .stopped)
        try await broker.start()
        #expect(await broker.settings == settings)
        #expect(try await broker.health().streams == 1)
        await broker.stop()
    }

    /// An older server misreads what a newer one stored, and delivers nothing from then on.
    @Test(.enabled(if: NATSServers.all.count > 1, "only one nats-server is here"))
    func anOlderServerBeginsWithAnEmptyStore() async throws {
        let folder = try TestFolder()
        var servers: [ServerBinary] = []
        for path in NATSServers.all { servers.append(try await .find(configured: path)) }
        servers.sort { $0.version < $1.version }
        let (older, newer) = (servers[0].path, servers[servers.count - 1].path)
        var streams: [Int] = []
        for binary in [older, newer, newer, older, older] {
            let broker = EmbeddedBroker(Self.config(binary, folder))
            try await broker.start()
            streams.append(try await broker.health().streams)
            let jetStream = JetStream(try await NATSConnection.connect(broker.settings))
            _ = try await jetStream.ensureStream(StreamConfig(name: "S", subjects: ["s.>"]))
            await broker.stop()
        }
        #expect(streams == [0, 1, 1, 0, 1])
    }

    /// Go's collector is given room above the streams, and not without end.
    @Test(arguments: [(384, 512), (48, 112)])
    func theServerKnowsHowMuchMemoryItMayTake(streams: Int64, process: Int) async throws {
        let folder = try TestFolder()
        var config = Self.config(try #require(NATSServers.all.first), folder)
        config.memoryStoreMax = streams << 20
        let broker = EmbeddedBroker(config)
        try await broker.start()
        let environment = try String(contentsOfFile: "/proc/\(try await Self.pid(broker))/environ", encoding: .utf8)
        let variables = environment.split(separator: "\0").filter { $0.hasPrefix("GO") }
        #expect(Set(variables) == ["GOGC=1000", "GOMEMLIMIT=\(process << 20)"])
        await broker.stop()
    }

    @Test(arguments: NATSServers.all)
    func killedServerIsStartedAgain(_ binary: String) async throws {
        let folder = try TestFolder()
        let broker = EmbeddedBroker(Self.config(binary, folder))
        try await broker.start()
        let first = try await Self.pid(broker)
        let connection = try await NATSConnection.connect(broker.settings)
        let states = await broker.states()
        kill(first, SIGKILL)
        var restarted = false
        for await state in states {
            if case .restarting(let attempt, _) = state { restarted = attempt == 1 }
            if restarted, case .running = state { break }
        }
        #expect(try await Self.pid(broker) != first)
        try await connection.waitUntilConnected(timeout: .seconds(20))
        _ = try await JetStream(connection).accountInfo()
        await broker.stop()
    }

    @Test(arguments: NATSServers.all)
    func serverDiesWithItsParent(_ binary: String) async throws {
        let folder = try TestFolder()
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, binary = binary as String] in
            var config = BrokerConfig(directory: path + "/broker")
            config.serverPath = binary
            let broker = EmbeddedBroker(config)
            try await broker.start()
            kill(getpid(), SIGKILL)
            try await Task.sleep(for: .seconds(60))
        }
        let id = try #require(pid_t(folder.read("broker/broker.pid").prefix { $0.isNumber }))
        let deadline = ContinuousClock.now + .seconds(10)
        // The kernel's signal is on its way; whoever inherited the server reaps it.
        while folder.isRunning(id), .now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!folder.isRunning(id))
    }

    @Test(arguments: NATSServers.all)
    func stalePIDFileHurtsNobody(_ binary: String) async throws {
        let folder = try TestFolder()
        let broker = EmbeddedBroker(Self.config(binary, folder))
        try await broker.start()
        await broker.stop()
        // Our own number, as if the system had given the dead server's number to somebody else.
        try folder.write("broker/broker.pid", "\(getpid())\n")
        try await broker.start()
        _ = try await broker.health()
        await broker.stop()
    }

    @Test(arguments: NATSServers.all)
    func listeningBeyondLoopbackNeedsCredentialsAndTLS(_ binary: String) async throws {
        let folder = try TestFolder()
        var config = Self.config(binary, folder)
        config.listenHost = "0.0.0.0"
        #expect(await brokerFailure(config) == .unsafeListen)
        config.login = .init(user: "friend", password: "a {secret}: $word #1")
        #expect(await brokerFailure(config) == .unsafeListen)
        config.login?.password = "a \"quote"
        #expect(await brokerFailure(config) == .badConfiguration)
        config.login?.password = "a {secret}: $word #1"
        try await TestCertificates.make(in: folder)
        config.tls = .init(
            certificateFile: folder.path + "/server.pem", keyFile: folder.path + "/server.key",
            authorityFile: folder.path + "/ca.pem")
        config.publicHost = "localhost"
        let broker = EmbeddedBroker(config)
        try await broker.start()
        _ = try await broker.health()
        let lines = await broker.joinInstructions()
        #expect(lines.contains("broker = \"tls://localhost:"))
        #expect(lines.contains("user = \"friend\"") && lines.contains("password_file") && lines.contains("ca_file"))
        #expect(!lines.contains("secret"))
        await broker.stop()
    }

    @Test func missingServerAndTakenPortAreNamed() async throws {
        let folder = try TestFolder()
        var config = Self.config("/nonexistent/nats-server", folder)
        #expect(await brokerFailure(config) == .serverNotFound)
        let binary = try #require(NATSServers.all.first)
        let other = try await NATSServerProcess.start(binary)
        config.serverPath = binary
        config.port = await other.port
        #expect(await brokerFailure(config) == .portTaken)
        await other.stop()
    }

    private func brokerFailure(_ config: BrokerConfig) async -> BrokerError.Kind? {
        do throws(BrokerError) {
            try await EmbeddedBroker(config).start()
            return nil
        } catch {
            return error.kind
        }
    }
}

extension TestFolder {
    /// Whether process `id` exists and is no zombie.
    func isRunning(_ id: pid_t) -> Bool {
        guard let file = fopen("/proc/\(id)/stat", "r") else { return false }
        defer { fclose(file) }
        var bytes = [CChar](repeating: 0, count: 512)
        guard fgets(&bytes, 512, file) != nil else { return false }
        let text = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return !text.contains(") Z ")
    }
}
