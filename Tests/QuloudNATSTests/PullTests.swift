import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct PullTests {
    /// A work queue with one consumer and `count` messages.
    private static func bench(
        _ binary: String, count: Int, ackWait: Duration = .seconds(30)
    ) async throws -> (NATSServerProcess, NATSConnection, JetStream) {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(
            NATSSettings(urls: [server.url], reconnectWait: .milliseconds(50)))
        let jetStream = JetStream(connection)
        var stream = StreamConfig(name: "WORK", subjects: ["work.>"])
        stream.retention = .workQueue
        _ = try await jetStream.ensureStream(stream)
        var consumer = ConsumerConfig(name: "lane")
        consumer.ackWait = ackWait
        _ = try await jetStream.createConsumer("WORK", consumer)
        for number in 0..<count { _ = try await jetStream.publish("work.\(number)", payload: Array("\(number)".utf8)) }
        return (server, connection, jetStream)
    }

    @Test(arguments: NATSServers.all)
    func batchGivesAllThenEndsEmpty(_ binary: String) async throws {
        let (server, _, jetStream) = try await Self.bench(binary, count: 20)
        let first = try await jetStream.pull("WORK", "lane", batch: 16, expires: .seconds(5)).all()
        #expect(first.messages.count == 16 && first.end == .complete)
        #expect(first.messages.compactMap { JetStreamDelivery($0)?.streamSequence } == Array(1...16))
        let rest = try await jetStream.pull("WORK", "lane", batch: 16, expires: .milliseconds(300)).all()
        #expect(rest.messages.count == 4 && rest.end == .empty)
        let now = try await jetStream.pull("WORK", "lane", batch: 16, expires: .zero).all()
        #expect(now.messages.isEmpty && now.end == .empty)
        for message in first.messages { try await jetStream.ack(message) }
        for message in rest.messages { try await jetStream.ackSync(message) }
        #expect(try await jetStream.streamInfo("WORK").state.messages == 0)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func bytesOfAPullAreLimited(_ binary: String) async throws {
        let (server, _, jetStream) = try await Self.bench(binary, count: 0)
        for number in 0..<4 {
            _ = try await jetStream.publish("work.\(number)", payload: [UInt8](repeating: 0, count: 10_000))
        }
        let pull = try await jetStream.pull("WORK", "lane", batch: 16, maxBytes: 25_000, expires: .seconds(1)).all()
        #expect(pull.messages.count == 2)
        if case .limit = pull.end {} else { Issue.record("ended with \(pull.end)") }
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func messageInWaitIsDeliveredToAWaitingPull(_ binary: String) async throws {
        let (server, _, jetStream) = try await Self.bench(binary, count: 0)
        let pull = try await jetStream.pull(
            "WORK", "lane", batch: 1, expires: .seconds(30), idleHeartbeat: .milliseconds(300))
        async let item = pull.next()
        // Longer than one heartbeat, so that heartbeats are seen and passed over.
        try await Task.sleep(for: .milliseconds(700))
        _ = try await jetStream.publish("work.late", payload: [9])
        guard case .message(let message) = try await item else {
            Issue.record("no message")
            return
        }
        #expect(message.payload == [9])
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func missingAndDeletedConsumersAreNoticed(_ binary: String) async throws {
        let (server, _, jetStream) = try await Self.bench(binary, count: 0)
        let none = try await jetStream.pull(
            "WORK", "none", batch: 1, expires: .seconds(30), idleHeartbeat: .milliseconds(200))
        do {
            // Before 2.10 the server stays silent; the missing heartbeat tells.
            guard case .end(.lost) = try await none.next() else {
                Issue.record("a pull from nowhere gave something")
                return
            }
        } catch {
            #expect(error.kind == .consumerGone)
        }
        let pull = try await jetStream.pull("WORK", "lane", batch: 1, expires: .seconds(30))
        while try await jetStream.consumerInfo("WORK", "lane").waiting == 0 {}
        async let end = kind { try await pull.next() }
        try await jetStream.deleteConsumer("WORK", "lane")
        #expect(await end == .consumerGone)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func pullAcrossABrokerRestartIsNoticedAndRepeated(_ binary: String) async throws {
        let (server, connection, jetStream) = try await Self.bench(binary, count: 3)
        let lost = try await jetStream.pull("WORK", "lane", batch: 16, expires: .seconds(60))
        for _ in 0..<3 { _ = try await lost.next() }
        async let outcome = kind { try await lost.next() }
        await server.kill()
        #expect(await outcome == .disconnected)
        try await server.start()
        try await connection.waitUntilConnected(timeout: .seconds(20))
        _ = try await jetStream.publish("work.more", payload: [1])
        let again = try await jetStream.pull("WORK", "lane", batch: 1, expires: .seconds(10)).all()
        #expect(again.messages.count == 1)
        await server.kill()
        await server.wipeStore()
        try await server.start()
        try await connection.waitUntilConnected(timeout: .seconds(20))
        #expect(await kind { try await jetStream.streamInfo("WORK") } == .api(code: 404, errorCode: 10059))
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func nakDelaysAndAckWaitRedelivers(_ binary: String) async throws {
        let (server, _, jetStream) = try await Self.bench(binary, count: 1, ackWait: .seconds(2))
        func next() async throws -> (NATSMessage, Duration) {
            let start = ContinuousClock.now
            let pull = try await jetStream.pull("WORK", "lane", batch: 1, expires: .seconds(20)).all()
            return (try #require(pull.messages.first), .now - start)
        }
        let (first, _) = try await next()
        let (second, waited) = try await next()
        #expect(JetStreamDelivery(second)?.deliveries == 2 && waited > .seconds(1))
        // Longer than the ack wait: that alone would bring it sooner.
        try await jetStream.nak(second, delay: .seconds(5))
        let (third, delayed) = try await next()
        #expect(JetStreamDelivery(third)?.deliveries == 3 && delayed > .seconds(3))
        try await jetStream.nak(third)
        let (fourth, _) = try await next()
        try await jetStream.inProgress(fourth)
        try await jetStream.term(fourth)
        let none = try await jetStream.pull("WORK", "lane", batch: 1, expires: .seconds(4)).all()
        #expect(none.messages.isEmpty)
        #expect(first.payload == fourth.payload)
        await server.stop()
    }
}
