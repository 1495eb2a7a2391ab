import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
    @Test(arguments: NATSServers.all)
    func requestGetsItsReplyAndHeaders(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        let questions = try await connection.subscribe("echo.*")
        let echo = Task {
            for await question in questions {
                guard let reply = question.reply else { continue }
                try await connection.publish(
                    reply, payload: question.payload, headers: [("Kind", question.header("Kind") ?? "none")])
            }
        }
        let large = [UInt8](repeating: 7, count: 900_000)
        let answer = try await connection.request(
            "echo.a", payload: large, headers: [("Kind", "large")], timeout: .seconds(5))
        #expect(answer.payload == large)
        #expect(answer.header("Kind") == "large")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let payload = Array("\(number)".utf8)
                    return try await connection.request("echo.b", payload: payload, timeout: .seconds(5)).payload
                        == payload
                }
            }
            for try await same in group { #expect(same) }
        }
        questions.unsubscribe()
        try await echo.value
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func errorsOfRequestsAreToldApart(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        #expect(await kind { try await connection.request("nobody", timeout: .seconds(5)) } == .noResponders)
        let silent = try await connection.subscribe("silent")
        #expect(
            await kind { try await connection.request("silent", timeout: .milliseconds(100)) } == .timeout,
            "\(connection.state)")
        let huge = [UInt8](repeating: 0, count: 2 << 20)
        #expect(
            await kind { try await connection.publish("silent", payload: huge) } == .payloadTooLarge,
            "\(connection.state)")
        for subject in ["", "a b", "a\r\nPUB b 0\r\n"] {
            #expect(await kind { try await connection.publish(subject) } == .badSettings)
            #expect(await kind { try await connection.publish("silent", reply: subject) } == .badSettings)
        }
        #expect(await kind { try await connection.publish("silent", headers: [("A", "b\r\nC: d")]) } == .badSettings)
        let cancelled = Task { await kind { try await connection.request("silent", timeout: .seconds(60)) } }
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        #expect(silent.dropped == 0)
        await connection.close()
        #expect(await kind { try await connection.request("silent", timeout: .seconds(5)) } == .closed)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func collectGathersAllAnswersUpToItsTime(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        var answering: [Task<Void, any Error>] = []
        for _ in 0..<3 {
            let questions = try await connection.subscribe("who")
            answering.append(
                Task {
                    for await question in questions { try await connection.publish(question.reply ?? "none") }
                })
        }
        let three = try await connection.collect("who", payload: [], for: .seconds(3), max: 10)
        #expect(three.count == 3)
        let two = try await connection.collect("who", payload: [], for: .seconds(30), max: 2)
        #expect(two.count == 2)
        let none = try await connection.collect("nobody", payload: [], for: .seconds(30), max: 2)
        #expect(none.isEmpty)
        for task in answering { task.cancel() }
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func connectionComesBackWithItsSubscriptions(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(
            NATSSettings(urls: [server.url], reconnectWait: .milliseconds(50)))
        let echo = try await connection.subscribe("echo")
        let answering = Task {
            for await question in echo { try? await connection.publish(question.reply ?? "none") }
        }
        _ = try await connection.request("echo", timeout: .seconds(5))
        let silent = try await connection.subscribe("silent")
        let events = connection.events()
        async let lost = kind { try await connection.request("silent", timeout: .seconds(60)) }
        _ = try await silent.next(until: .now + .seconds(5))
        await server.kill()
        #expect(await lost == .disconnected)
        for await event in events { if case .disconnected = event { break } }
        #expect(await kind { try await connection.request("echo", timeout: .seconds(5)) } == .disconnected)
        try await server.start()
        try await connection.waitUntilConnected(timeout: .seconds(20))
        _ = try await connection.request("echo", timeout: .seconds(5))
        #expect(connection.state.reconnects == 1)
        echo.unsubscribe()
        await answering.value
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func boundedSubscriptionCountsWhatItDrops(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        let few = try await connection.subscribe("flood", pendingCountMax: 10)
        let bytes = try await connection.subscribe("flood", pendingBytesMax: 2000)
        let events = connection.events()
        for _ in 0..<50 { try await connection.publish("flood", payload: [UInt8](repeating: 1, count: 100)) }
        for await event in events {
            if case .slowConsumer(_, let dropped) = event, dropped == 32 { break }
        }
        let deadline = ContinuousClock.now + .seconds(10)
        while few.dropped < 40 || bytes.dropped < 30, .now < deadline { await Task.yield() }
        #expect(few.dropped == 40)
        #expect(bytes.dropped == 30)
        await server.stop()
    }

    /// They share a subscription: each is bounded by itself, and gone when nobody reads it any more.
    @Test(arguments: NATSServers.all)
    func aFloodIntoOneInboxSilencesNoOther(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        let stranger = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        let flooded = connection.openInbox(for: "a", countMax: 8, bytesMax: 1 << 20)
        let quiet = connection.openInbox(for: "b", countMax: 8, bytesMax: 1 << 20)
        let gone = connection.openInbox(for: "c", countMax: 8, bytesMax: 1 << 20).subject
        let events = connection.events()
        let junk = [UInt8](repeating: 1, count: 1000)
        for subject in [gone, flooded.subject] {
            for _ in 0..<2000 { try await stranger.publish(subject, payload: junk) }
        }
        try await stranger.publish(quiet.subject, payload: [7])
        #expect(try await quiet.next(until: .now + .seconds(20))?.payload == [7])
        #expect(quiet.dropped == 0)
        #expect(flooded.dropped == 1992)
        var told: [Int] = []
        for await event in events {
            guard case .slowConsumer(let subject, let dropped) = event else { continue }
            #expect(subject == flooded.subject)
            told.append(dropped)
            if dropped == 1024 { break }
        }
        #expect(told == (0...10).map { 1 << $0 })
        for _ in 0..<8 { #expect(try await flooded.next(until: .now + .seconds(20))?.payload == junk) }
        await server.kill()
        for inbox in [flooded, quiet] {
            #expect(await kind { _ = try await inbox.next(until: .now + .seconds(20)) } == .disconnected)
        }
        await server.stop()
    }

    /// More headers than anybody sends are not read, and count as what they take.
    @Test(arguments: NATSServers.all)
    func aMessageFullOfHeadersIsOnlyItsPayload(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        let inbox = connection.openInbox(for: "a", countMax: 8, bytesMax: 1 << 20)
        let many = (0..<300).map { _ in ("Status", "503") }
        let large = [("Large", String(repeating: "x", count: 600_000))]
        for headers in [[("Small", "y")], many, large, large] {
            try await connection.publish(inbox.subject, payload: [7], headers: headers)
        }
        #expect(try await inbox.next(until: .now + .seconds(20))?.header("Small") == "y")
        try await connection.flush()
        let deadline = ContinuousClock.now + .seconds(20)
        while inbox.dropped == 0, .now < deadline { await Task.yield() }
        #expect(inbox.dropped == 1)
        for _ in 0..<2 {
            let message = try await inbox.next(until: .now + .seconds(20))
            #expect(message?.payload == [7])
            #expect(message?.headers.isEmpty == true)
        }
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func stateTellsTheServersVersionAndLimit(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, extra: "max_payload: 200000")
        let connection = try await NATSConnection.connect(NATSSettings(urls: [server.url]))
        let info = try #require(connection.state.server)
        #expect(info.maxPayload == 200_000)
        #expect(ServerVersion(in: info.version) == (try await ServerBinary.find(configured: binary)).version)
        #expect(try await connection.flush() < .seconds(5))
        await server.stop()
    }
}
