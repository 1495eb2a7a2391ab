import QuloudCore
import QuloudTestKit
import Testing

@testable import QuloudNATS

@Suite(.timeLimit(.minutes(10)))
struct FabricReplyTests {
    @Test(arguments: ["_INBOX.a", "_INBOX.quloud.1x.2", "_INBOX.AbC-_/+.9"])
    func plainInboxesAreAllowed(_ subject: String) {
        #expect(ReplyRule.allows(subject))
    }

    @Test(arguments: [
        "", "_INBOX", "_INBOX.", "_INBOX..a", "_INBOX.a.", "_INBOX.*", "_INBOX.a.>", "_INBOX.a b", "_INBOX.a\r\nPUB",
        "_INBOX.a\u{0}", "_INBOX.\u{7F}", "_INBOX.é", "_inbox.a", "inbox", "$JS.API.STREAM.DELETE.QULOUD_DATA",
        "_INBOX.$JS.API", "_INBOX.$SYS", "$JS.ACK.a.b.1.1.1.1.1", "$SYS.REQ.SERVER.PING", "quloud.v1.ack.x",
        "_INBOX." + String(repeating: "a", count: 300),
    ])
    func otherSubjectsAreRefused(_ subject: String) {
        #expect(!ReplyRule.allows(subject))
    }

    /// A peer that names a JetStream subject as its inbox must not make a node delete a stream, nor write to one.
    @Test(arguments: NATSServers.all)
    func nothingIsEverSentButToAnInbox(_ binary: String) async throws {
        let bench = try await FabricBench(binary)
        let node = NodeID.drawn(from: SeededEntropy(seed: 1))
        let mailbox = MailboxID.drawn(from: SeededEntropy(seed: 2))
        let serving = Task {
            // An empty answer is what would make the server delete a stream.
            try await bench.holders[0].serve(as: node) { $0.request == [1] ? [] : [7] }
        }
        let peer = bench.owner.connection
        let subject = "quloud.v1.node.\(node).prove"
        while (try? await peer.request(subject, payload: [9], timeout: .seconds(1)))?.payload != [7] {}
        let spied = try await peer.subscribe("_INBOX.peer.>")
        try await bench.owner.open(mailbox)
        for reply in [
            "$JS.API.STREAM.DELETE.QULOUD_DATA", "$JS.API.STREAM.PURGE.QULOUD_ACKS", "quloud.v1.ack.\(mailbox)",
            "_INBOX.$JS.x", "_INBOX.peer.ok",
        ] {
            try await peer.publish(subject, reply: reply, payload: [1])
        }
        try await peer.publish(subject, payload: [1])
        // The workers answer in any order, so ask until the last question is surely taken.
        #expect(try await spied.next(until: .now + .seconds(5))?.payload == [])
        for _ in 0..<20 { _ = try await peer.request(subject, payload: [2], timeout: .seconds(5)) }
        #expect(try await bench.owner.link.jetStream.streamInfo("QULOUD_DATA").config.name == "QULOUD_DATA")
        #expect(try await bench.owner.receipts(in: mailbox, limit: 1, wait: .milliseconds(200)).isEmpty)
        serving.cancel()
        try await serving.value
        await bench.close()
    }

    @Test(arguments: NATSServers.all)
    func answersTooLargeForTheBrokerAreDropped(_ binary: String) async throws {
        let bench = try await FabricBench(binary)
        let node = NodeID.drawn(from: SeededEntropy(seed: 1))
        let serving = Task {
            try await bench.holders[0].serve(as: node) { question in
                [UInt8](repeating: 1, count: question.kind == .retrieve ? 2 << 20 : 10)
            }
        }
        while (try? await bench.owner.ask(node, .prove, timeout: .seconds(1)) { _ in [1] }) == nil {}
        let kind = await fabricFailure { try await bench.owner.ask(node, .retrieve, timeout: .seconds(1)) { _ in [1] } }
        #expect(kind?.kind == .timeout)
        #expect(try await bench.owner.ask(node, .prove, timeout: .seconds(5)) { _ in [1] }.count == 10)
        let tooLarge = await fabricFailure {
            try await bench.owner.ask(node, .prove, timeout: .seconds(5)) { _ in [UInt8](repeating: 0, count: 2 << 20) }
        }
        #expect(tooLarge?.kind == .tooLarge)
        #expect(tooLarge?.description.contains("1048576") == true)
        serving.cancel()
        try await serving.value
        await bench.close()
    }

    /// A node that is flooded answers what it can, and goes on.
    @Test(arguments: NATSServers.all)
    func aFloodOfQuestionsIsBounded(_ binary: String) async throws {
        var settings = FabricSettings()
        settings.waitingQuestionsMax = 16
        let bench = try await FabricBench(binary, settings: settings)
        let node = NodeID.drawn(from: SeededEntropy(seed: 1))
        let serving = Task { try await bench.holders[0].serve(as: node) { _ in [7] } }
        while (try? await bench.owner.ask(node, .prove, timeout: .seconds(1)) { _ in [1] }) == nil {}
        for _ in 0..<3000 {
            try await bench.owner.connection.publish(
                "quloud.v1.node.\(node).prove", reply: "_INBOX.nobody", payload: [1])
        }
        while (try? await bench.owner.ask(node, .prove, timeout: .seconds(1)) { _ in [1] }) == nil {}
        serving.cancel()
        try await serving.value
        await bench.close()
    }
}

/// The fabric's error that `body` throws; nil when it throws none.
func fabricFailure<T>(_ body: () async throws -> T) async -> FabricError? {
    do {
        _ = try await body()
        return nil
    } catch let error as FabricError {
        return error
    } catch {
        Issue.record(error)
        return nil
    }
}
