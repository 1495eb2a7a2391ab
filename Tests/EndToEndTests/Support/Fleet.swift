import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit

/// A broker, holders and an owner on this machine, each a process of its own, in a temporary folder.
final class Fleet: Sendable {
    let folder: TestFolder
    let hub: Node
    let holders: [Node]
    let owner: Node
    let broker: String
    let words: [String]
    /// What a node needs to log in to the broker.
    let login: [String: String]

    /// What makes a small fleet quick: silent holders are lost after a second, and nothing happens by itself.
    static let ownerSettings = [
        "QULOUD_AUDIT_AUTOMATIC": "false", "QULOUD_AUDIT_RETRY_AFTER": "1s", "QULOUD_AUDIT_GRACE": "1s",
        "QULOUD_HEAL_AUTOMATIC": "false",
    ]
    /// Of the broker's user `test`.
    static let password = "not a secret of anybody"
    private static let everywhere = [
        "QULOUD_HOLDER_ALLOW_UNSAFE_FILESYSTEM": "true", "QULOUD_HOLDER_RESERVE_FREE": "1 MiB",
    ]

    private init(
        folder: TestFolder, hub: Node, holders: [Node], owner: Node, broker: String, words: [String],
        login: [String: String]
    ) {
        self.folder = folder
        self.hub = hub
        self.holders = holders
        self.owner = owner
        self.broker = broker
        self.words = words
        self.login = login
    }

    /// Runs `body` with a fleet that is up, and stops it.
    static func with(
        holders count: Int, quorum: Int = 3, owner settings: [String: String] = [:],
        hub hubSettings: [String: String] = [:],
        _ body: (Fleet) async throws -> Void
    ) async throws {
        let fleet = try await start(holders: count, quorum: quorum, owner: settings, hub: hubSettings)
        do {
            try await body(fleet)
        } catch {
            await fleet.stop()
            throw error
        }
        await fleet.stop()
    }

    private static func start(
        holders count: Int, quorum: Int, owner settings: [String: String], hub hubSettings: [String: String]
    ) async throws -> Fleet {
        let folder = try TestFolder()
        let password = folder.path + "/password"
        try folder.write("password", Fleet.password + "\n")
        let hub = Node(
            "hub", in: folder,
            everywhere.merging(["QULOUD_BROKER_USER": "test", "QULOUD_BROKER_PASSWORD_FILE": password]) { $1 }
                .merging(hubSettings) { $1 })
        try await hub.make("--no-owner", "--no-holder")
        try await hub.start()
        let port = try String(contentsOfFile: hub.data + "/broker/broker.port", encoding: .utf8)
        let broker = "nats://127.0.0.1:" + port.trimmingCharacters(in: .whitespacesAndNewlines)
        let login = everywhere.merging(
            ["QULOUD_FABRIC_USER": "test", "QULOUD_FABRIC_PASSWORD_FILE": password]) { $1 }
        let owner = Node(
            "owner", in: folder, login.merging(ownerSettings) { $1 }.merging(settings) { $1 })
        let words = try await owner.make("--no-holder", "--broker", broker, "--quorum", "\(quorum)")
        var holders: [Node] = []
        for number in 1...count { holders.append(try await holder(number, folder, broker, login)) }
        try await owner.start()
        return Fleet(
            folder: folder, hub: hub, holders: holders, owner: owner, broker: broker, words: words, login: login)
    }

    private static func holder(
        _ number: Int, _ folder: TestFolder, _ broker: String, _ login: [String: String]
    ) async throws -> Node {
        let name = "holder\(number)"
        let node = Node(name, in: folder, login.merging(["QULOUD_NODE_LABEL": name]) { $1 })
        try await node.make("--no-owner", "--broker", broker)
        try await node.start()
        return node
    }

    /// One more holder; the caller stops it.
    func join(_ number: Int) async throws -> Node { try await Self.holder(number, folder, broker, login) }

    private func stop() async {
        await withTaskGroup(of: Void.self) { group in
            for node in holders + [owner] { group.addTask { await node.stop() } }
        }
        await hub.stop()
    }

    // MARK: Asking the owner

    func status() async throws -> OwnerStatus {
        let report = try await owner.run("status", "--json").object(StatusReport.self)
        guard let status = report.owner else { throw Failure("no owner in the status") }
        return status
    }

    /// How many valid replicas each holder has, by label.
    func replicas() async throws -> [String: Int] {
        Dictionary(try await status().holders.map { ($0.label, $0.valid) }, uniquingKeysWith: +)
    }
}
