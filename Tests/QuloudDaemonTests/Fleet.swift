import Glibc
import QuloudCore
import QuloudFiles
import QuloudSystem
import QuloudTestKit
import Testing

@testable import QuloudDaemon

/// Several nodes in this process, each with its own data directory, over one embedded broker.
final class Fleet: Sendable {
    /// Set `QULOUD_TEST_LOG` to see what the nodes say.
    static let logger =
        getenv("QULOUD_TEST_LOG") == nil ? Logger.silent : Logger(level: .debug, style: .text(time: true))

    let folder: String
    let hub: Configuration
    let broker: [String]
    let user: String
    let passwordFile: String

    private init(folder: String, hub: Configuration, broker: [String], user: String, passwordFile: String) {
        self.folder = folder
        self.hub = hub
        self.broker = broker
        self.user = user
        self.passwordFile = passwordFile
    }

    /// Runs `body` with a hub and `holders` holder nodes, and an owner's configuration that is initialised.
    static func with(
        holders count: Int, quorum: Int = 3, server: String = "",
        _ body: @escaping @Sendable (Fleet, Configuration, [String]) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let password = folder + "/password"
            try KeyFile.write(Array("correct horse\n".utf8), to: Array(password.utf8))
            var hub = configuration(folder + "/hub")
            hub.owner.enabled = false
            hub.holder.enabled = false
            hub.broker.user = "quloud"
            hub.broker.server = server
            hub.broker.passwordFile = password
            let port = try freePort()
            hub.broker.listen = "127.0.0.1:\(port)"
            let fleet = Fleet(
                folder: folder, hub: hub, broker: ["nats://127.0.0.1:\(port)"], user: "quloud", passwordFile: password)
            try await fleet.running(hub) {
                try await fleet.runningHolders(0..<count) {
                    let owner = fleet.node("owner", quorum: quorum) { $0.holder.enabled = false }
                    let words = try await fleet.initialise(owner) ?? []
                    try await body(fleet, owner, words)
                }
            }
        }
    }

    func node(_ name: String, quorum: Int = 3, _ change: (inout Configuration) -> Void = { _ in }) -> Configuration {
        var node = Self.configuration(folder + "/" + name)
        node.fabric.broker = .urls(broker)
        node.fabric.user = user
        node.fabric.passwordFile = passwordFile
        node.node.label = name
        node.owner.quorum = quorum
        change(&node)
        return node
    }

    static func configuration(_ directory: String) -> Configuration {
        var configuration = Configuration()
        configuration.node.dataDirectory = directory
        configuration.holder.allowUnsafeFilesystem = true
        configuration.audit.retryAfter = .seconds(1)
        configuration.audit.grace = .seconds(2)
        return configuration
    }

    func initialise(_ configuration: Configuration) async throws -> [String]? {
        try await QuloudNode.initialise(
            configuration, overriding: [], configurationFile: configuration.node.dataDirectory + ".toml", force: false)
    }

    /// Runs a daemon for as long as `body` takes, with everything started before `body` begins.
    func running(_ configuration: Configuration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        if access(configuration.node.dataDirectory + "/node.key", F_OK) != 0 { _ = try await initialise(configuration) }
        let stopped = Promise<Bool>()
        let started = Promise<Bool>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await QuloudNode.run(
                        configuration, logger: Self.logger, stop: { _ = try? await stopped.value() },
                        ready: { _ in started.fulfil(.success(true)) })
                } catch {
                    started.fulfil(.failure(error))
                    throw error
                }
            }
            group.addTask {
                defer { stopped.fulfil(.success(true)) }
                _ = try await started.value()
                try await body()
            }
            try await group.waitForAll()
        }
    }

    /// The process id of the broker that the hub runs.
    var brokerProcess: Int32? {
        let path = hub.node.dataDirectory + "/broker/broker.pid"
        guard let bytes = try? AtomicFile.read(Array(path.utf8), sizeMax: 64),
            let pid = Int32(
                String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber }), pid > 1
        else { return nil }
        return pid
    }

    func runningHolders(_ range: Range<Int>, _ body: @escaping @Sendable () async throws -> Void) async throws {
        guard let first = range.first else { return try await body() }
        let holder = node("holder\(first)") { $0.owner.enabled = false }
        try await running(holder) { try await self.runningHolders(first + 1..<range.upperBound, body) }
    }

    func perform(
        _ request: OperationRequest, _ configuration: Configuration,
        emit: @escaping @Sendable (OperationEvent) -> Void = { _ in }
    ) async throws -> OperationReport {
        try await QuloudNode.perform(request, configuration: configuration, logger: .silent, emit: emit)
    }

    private static func freePort() throws -> UInt16 { try NATSServerProcess.freePort() }
}
