import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

@Suite struct LifeCycleTests {
    /// A node with a broker of its own, running.
    private func lone(_ folder: TestFolder) async throws -> Node {
        let node = Node("node", in: folder, ["QULOUD_HOLDER_ALLOW_UNSAFE_FILESYSTEM": "true"])
        try await node.make()
        try await node.start()
        return node
    }

    /// Also false for one that has ended and was not waited for.
    private func runs(_ id: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else { return false }
        return !(text.split(separator: ")").last ?? "").hasPrefix(" Z")
    }

    @Test(.timeLimit(.minutes(10))) func aSecondDaemonOnTheSameDataIsRefused() async throws {
        let node = try await lone(try TestFolder())
        let second = try await node.run("node")
        #expect(second.exit == .code(11), "\(second)")
        #expect(second.text.contains(node.data), "\(second)")
        await node.stop()
    }

    @Test(.timeLimit(.minutes(10))) func aKilledNodeLeavesNoBrokerAndStartsAgain() async throws {
        let node = try await lone(try TestFolder())
        let broker = try node.brokerID()
        #expect(runs(broker))
        await node.stop(SIGKILL)
        try await eventually("the broker ends with its node", within: .seconds(10)) { !runs(broker) }
        try await node.start()
        #expect(try await node.run("status").exit == .code(0))
        await node.stop()
    }

    @Test(.timeLimit(.minutes(10)), arguments: [SIGTERM, SIGINT])
    func aSignalStopsANodeInTime(_ signal: Int32) async throws {
        let node = try await lone(try TestFolder())
        let broker = try node.brokerID()
        let began = ContinuousClock.now
        #expect(await node.stop(signal) == .code(0), "\(node.log)")
        #expect(ContinuousClock.now - began < .seconds(8))
        #expect(!runs(broker))
    }

    @Test(.timeLimit(.minutes(10))) func withoutItsBrokerANodeSaysSo() async throws {
        let folder = try TestFolder()
        let node = Node("node", in: folder, ["QULOUD_HOLDER_ALLOW_UNSAFE_FILESYSTEM": "true"])
        let port = try NATSServerProcess.freePort()
        try await node.make("--broker", "nats://127.0.0.1:\(port)")
        let backup = try await node.run("backup", folder.path, "--json")
        #expect(backup.exit == .code(20), "\(backup)")
        #expect(try backup.object(Complaint.self).error.contains("127.0.0.1:\(port)"), "\(backup)")
    }

    @Test(.timeLimit(.minutes(10))) func aMistypedWordIsNamedByItsPosition() async throws {
        let folder = try TestFolder()
        let node = Node("node", in: folder, ["QULOUD_HOLDER_ALLOW_UNSAFE_FILESYSTEM": "true"])
        var words = try await node.make()
        words[6] = "abandn"
        try folder.write("words", words.joined(separator: " "))
        let other = Node("other", in: folder, [:])
        let recover = try await other.run(
            "recover", "--words-file", folder.path + "/words", "--broker", "nats://127.0.0.1:1", "--data-dir",
            other.data)
        #expect(recover.exit == .code(12), "\(recover)")
        #expect(recover.text.contains("7"), "\(recover)")
        #expect(recover.text.contains("abandon"), "\(recover)")
    }
}
