import Foundation
import Glibc
import QuloudSystem
import QuloudTestKit
import Synchronization

/// One node of a fleet: a folder with configuration and data, and perhaps a running daemon.
final class Node: Sendable {
    let name: String
    let folder: String
    /// Environment variables that every command and the daemon get: they win over the configuration.
    let settings: [String: String]
    private let daemon = Mutex<ChildProcess?>(nil)

    /// Must not go away while the node is in use.
    private let parent: TestFolder

    init(_ name: String, in parent: TestFolder, _ settings: [String: String]) {
        self.name = name
        self.parent = parent
        folder = parent.path + "/" + name
        self.settings = settings
        mkdir(self.folder, 0o700)
    }

    deinit { daemon.withLock { $0 }?.signal(SIGKILL) }

    var data: String { folder + "/data" }
    var configuration: String { folder + "/node.toml" }
    var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }
    var process: ChildProcess? { daemon.withLock { $0 } }

    /// A command on this node, without `--config`.
    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Outcome {
        try await Program.run(arguments + ["--config", configuration], home: folder, settings)
    }

    /// Starts a command on this node and lets it run.
    func begin(_ arguments: String...) async throws -> Running {
        try await Program.begin(arguments + ["--config", configuration], home: folder, settings)
    }

    /// The same node under other settings; only one of the two may run.
    func with(_ others: [String: String]) -> Node { Node(name, in: parent, settings.merging(others) { $1 }) }

    /// The server of its own broker.
    func brokerID() throws -> pid_t {
        let text = try String(contentsOfFile: data + "/broker/broker.pid", encoding: .utf8)
        guard let id = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure("no process id in broker.pid")
        }
        return id
    }

    /// Makes its keys. Returns the recovery words, if it is an owner.
    @discardableResult
    func make(_ arguments: String...) async throws -> [String] {
        struct Made: Decodable { let words: [String]? }
        let outcome = try await run(["init", "--data-dir", data, "--json"] + arguments)
        guard outcome.exit == .code(0) else { throw Failure(outcome.description) }
        return try outcome.object(Made.self).words ?? []
    }

    /// Starts the daemon and returns once it serves.
    func start() async throws {
        let child = try await Program.start(
            ["node", "--config", configuration], output: folder + "/log", home: folder, settings)
        daemon.withLock { $0 = child }
        try await eventually("node \(name) serves") {
            guard child.exit == nil else { throw Failure("node \(self.name) does not start: \(self.log)") }
            return self.log.contains("node started")
        }
    }

    /// Signals the daemon and waits for its end.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async -> ChildProcess.Exit? {
        let child = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        child?.signal(signal)
        return await child?.wait()
    }

    /// Paths of the blobs that it keeps for others.
    var blobs: [String] {
        let shards = (try? FileManager.default.contentsOfDirectory(atPath: data + "/blobs")) ?? []
        return shards.filter { $0.count == 2 }.sorted().flatMap { shard in
            let folder = data + "/blobs/" + shard
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map {
                folder + "/" + $0
            }
        }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until something that another process does has come to pass.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw Failure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(30))
    }
}
