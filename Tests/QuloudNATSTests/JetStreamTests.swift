import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct JetStreamTests {
    private struct Bench {
        let server: NATSServerProcess
        let connection: NATSConnection
        let jetStream: JetStream

        init(_ binary: String) async throws {
            server = try await NATSServerProcess.start(binary)
            connection = try await NATSConnection.connect(
                NATSSettings(urls: [server.url], reconnectWait: .milliseconds(50)))
            jetStream = JetStream(connection)
        }
    }

    private static let data: StreamConfig = {
        var config = StreamConfig(name: "DATA", subjects: ["data.>"])
        config.retention = .workQueue
        config.discard = .new
        config.discardNewPerSubject = true
        config.maxMessagesPerSubject = 1
        config.maxBytes = 4 << 20
        config.maxAge = 3_600_000_000_000
        return config
    }()

    @Test(arguments: NATSServers.all)
    func withoutJetStreamEveryCallSaysSo(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, jetStream: false)
        let jetStream = JetStream(try await NATSConnection.connect(NATSSettings(urls: [server.url])))
        #expect(await kind { try await jetStream.accountInfo() } == .jetStreamDisabled)
        #expect(await kind { try await jetStream.ensureStream(Self.data) } == .jetStreamDisabled)
        #expect(await kind { try await jetStream.publish("data.a", payload: [1]) } == .noResponders)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func accountWithoutJetStreamSaysSo(_ binary: String) async throws {
        let accounts = "accounts { A { users: [ { user: u, password: pw } ] }, B { jetstream: enabled } }"
        let server = try await NATSServerProcess.start(binary, extra: accounts)
        let settings = NATSSettings(urls: [await server.url], credentials: .userPassword(user: "u", password: "pw"))
        let jetStream = JetStream(try await NATSConnection.connect(settings))
        #expect(await kind { try await jetStream.accountInfo() } == .jetStreamDisabled)
        #expect(await kind { try await jetStream.ensureStream(Self.data) } == .jetStreamDisabled)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func streamIsMadeOnceAndCompared(_ binary: String) async throws {
        let bench = try await Bench(binary)
        let made = try await bench.jetStream.ensureStream(Self.data)
        #expect(Self.data.differences(from: made.config) == [])
        var other = Self.data
        other.maxAge *= 2
        other.maxBytes *= 2
        let found = try await bench.jetStream.ensureStream(other)
        #expect(found.created == made.created)
        #expect(other.differences(from: found.config) == ["max_bytes", "max_age"])
        let updated = try await bench.jetStream.updateStream(other)
        #expect(other.differences(from: updated.config) == [])
        try await bench.jetStream.deleteStream("DATA")
        #expect(await kind { try await bench.jetStream.streamInfo("DATA") } == .api(code: 404, errorCode: 10059))
        #expect(await kind { try await bench.jetStream.consumerInfo("DATA", "c") } == .api(code: 404, errorCode: 10059))
        _ = try await bench.jetStream.ensureStream(Self.data)
        #expect(await kind { try await bench.jetStream.consumerInfo("DATA", "c") } == .api(code: 404, errorCode: 10014))
        await bench.server.stop()
    }

    @Test(arguments: NATSServers.all)
    func writeOnceSubjectsRefuseASecondMessage(_ binary: String) async throws {
        let bench = try await Bench(binary)
        _ = try await bench.jetStream.ensureStream(Self.data)
        let ack = try await bench.jetStream.publish("data.m.a", payload: [1, 2, 3])
        #expect(ack.stream == "DATA" && ack.sequence == 1 && !ack.duplicate)
        let taken = await failure { try await bench.jetStream.publish("data.m.a", payload: [4]) }
        #expect(taken?.apiErrorCode == 10077)
        #expect(taken?.isSubjectTaken == true && taken?.isStorageFull == false)
        let mega = [UInt8](repeating: 0, count: 1_000_000)
        var full: NATSError?
        for number in 0..<6 where full == nil {
            full = await failure { try await bench.jetStream.publish("data.m.big\(number)", payload: mega) }
        }
        #expect(full?.isStorageFull == true && full?.isSubjectTaken == false, "\(String(describing: full))")
        await bench.server.stop()
    }

    @Test(arguments: NATSServers.all)
    func directGetFindsOrMisses(_ binary: String) async throws {
        let bench = try await Bench(binary)
        _ = try await bench.jetStream.ensureStream(Self.data)
        _ = try await bench.jetStream.publish(
            "data.m.a", payload: [1, 2, 3], headers: [("Size", "3"), ("Status", "404")])
        let found = try await bench.jetStream.directGet("DATA", lastFor: "data.m.a")
        #expect(found?.payload == [1, 2, 3])
        #expect(found?.header("Size") == "3")
        #expect(try await bench.jetStream.directGet("DATA", lastFor: "data.m.b") == nil)
        // Before 2.10 the server stays silent.
        let impatient = JetStream(bench.connection, timeout: .milliseconds(500))
        let missing = await kind { try await impatient.directGet("NONE", lastFor: "data.m.b") }
        #expect(missing == .noResponders || missing == .timeout)
        await bench.server.stop()
    }

    @Test(arguments: NATSServers.all)
    func ackThroughAHeadersOnlyConsumerFreesTheMessage(_ binary: String) async throws {
        let bench = try await Bench(binary)
        _ = try await bench.jetStream.ensureStream(Self.data)
        _ = try await bench.jetStream.publish("data.m.a", payload: [UInt8](repeating: 1, count: 5000))
        var config = ConsumerConfig(name: "owner", filterSubject: "data.m.>")
        config.headersOnly = true
        let info = try await bench.jetStream.createConsumer("DATA", config)
        #expect(info.pending == 1)
        _ = try await bench.jetStream.createConsumer("DATA", config)
        let pull = try await bench.jetStream.pull("DATA", "owner", batch: 1, expires: .seconds(5))
        let (messages, end) = try await pull.all()
        let message = try #require(messages.first)
        #expect(end == .complete && message.payload.isEmpty && message.header("Nats-Msg-Size") == "5000")
        #expect(try await bench.jetStream.consumerInfo("DATA", "owner").ackPending == 1)
        try await bench.jetStream.ackSync(message)
        #expect(try await bench.jetStream.streamInfo("DATA").state.messages == 0)
        #expect(try await bench.jetStream.directGet("DATA", lastFor: "data.m.a") == nil)
        _ = try await bench.jetStream.publish("data.m.a", payload: [1])
        try await bench.jetStream.deleteConsumer("DATA", "owner")
        await bench.server.stop()
    }

    @Test func deliveriesAreReadInBothForms() {
        let short = NATSMessage(subject: "s", reply: "$JS.ACK.DATA.owner.2.7.5.1700000000000000000.3")
        let long = NATSMessage(subject: "s", reply: "$JS.ACK._.hash.DATA.owner.2.7.5.1700000000000000000.3.random")
        for message in [short, long] {
            let delivery = JetStreamDelivery(message)
            #expect(delivery?.stream == "DATA" && delivery?.consumer == "owner" && delivery?.deliveries == 2)
            #expect(delivery?.streamSequence == 7 && delivery?.consumerSequence == 5 && delivery?.pending == 3)
        }
        #expect(JetStreamDelivery(NATSMessage(subject: "s", reply: "$JS.ACK.DATA.owner.x.7.5.1.3")) == nil)
        #expect(JetStreamDelivery(NATSMessage(subject: "s", reply: "_INBOX.a")) == nil)
    }
}
