import Foundation
import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization
import Testing

@testable import QuloudNATS

/// What the fabric does with brokers that refuse, forget, differ or fill up.
@Suite(.timeLimit(.minutes(10)))
struct FabricBrokerTests {
    private static let entropy = SeededEntropy(seed: 5)
    private static func settings(_ server: NATSServerProcess, user: String? = nil) async -> NATSSettings {
        NATSSettings(
            urls: [await server.url],
            credentials: user.map { .userPassword(user: $0, password: "pw") } ?? .none,
            reconnectWait: .milliseconds(50))
    }

    private static func chunk(_ size: Int = 1000) -> (bytes: [UInt8], id: ChunkID) {
        let bytes = entropy.bytes(size)
        return (bytes, ChunkID(SHA256.hash(bytes)))
    }

    @Test(arguments: NATSServers.all)
    func brokerWithoutJetStreamIsUnsuitable(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, jetStream: false)
        let error = await fabricFailure { try await JetStreamOwnerFabric.connect(to: await Self.settings(server)) }
        #expect(error?.kind == .unsuitable)
        #expect(error?.description.contains("JetStream is not enabled") == true)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func brokerWithSmallPayloadsIsUnsuitable(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, extra: "max_payload: 65536")
        let error = await fabricFailure { try await JetStreamHolderFabric.connect(to: await Self.settings(server)) }
        #expect(error?.kind == .unsuitable)
        #expect(error?.description.contains("max_payload is 65536 bytes, Quloud needs 987136") == true)
        await server.stop()
    }

    @Test func absentBrokerIsUnreachable() async throws {
        let port = try NATSServerProcess.freePort()
        let error = await fabricFailure {
            try await JetStreamOwnerFabric.connect(to: NATSSettings(urls: ["nats://127.0.0.1:\(port)"]))
        }
        #expect(error?.kind == .unreachable)
    }

    @Test(arguments: NATSServers.all)
    func streamMadeForSomethingElseIsUnsuitable(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary)
        let connection = try await NATSConnection.connect(await Self.settings(server))
        _ = try await JetStream(connection).ensureStream(StreamConfig(name: "QULOUD_DATA", subjects: ["other.>"]))
        let error = await fabricFailure { try await JetStreamOwnerFabric.connect(to: await Self.settings(server)) }
        #expect(error?.kind == .unsuitable)
        #expect(error?.description.contains("QULOUD_DATA") == true)
        await connection.close()
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func streamsThatDifferInDetailAreKept(_ binary: String) async throws {
        var first = FabricSettings()
        first.dataBytesMax = 50 << 20
        let bench = try await FabricBench(binary, settings: first)
        let notes = Mutex<[Note]>([])
        let other = try await JetStreamOwnerFabric.connect(to: await Self.settings(bench.server)) { note in
            notes.withLock { $0.append(note) }
        }
        #expect(notes.withLock { $0.map(\.subject) } == ["QULOUD_DATA"])
        #expect(try await other.link.jetStream.streamInfo("QULOUD_DATA").config.maxBytes == 50 << 20)
        await other.shutDown()
        await bench.close()
    }

    @Test(arguments: NATSServers.all)
    func smallBrokerGetsStreamsWithoutReservation(_ binary: String) async throws {
        var settings = FabricSettings()
        settings.dataStorage = .memory
        settings.dataBytesMax = 1 << 50
        let bench = try await FabricBench(binary, settings: settings)
        try await bench.owner.open(.numbered(1))
        let (bytes, id) = Self.chunk()
        try await bench.owner.publish(bytes, as: id, in: .numbered(1))
        #expect(try await bench.holders[0].fetch(id, from: .numbered(1)) == bytes)
        await bench.close()
    }

    /// Whoever may not make streams works with those that an administrator made.
    @Test(arguments: NATSServers.all)
    func limitedUsersWorkWithWhatIsThere(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(
            binary,
            extra: """
                authorization { users: [
                  { user: admin, password: pw }
                  { user: holder, password: pw, permissions: {
                    publish: ["$JS.API.CONSUMER.MSG.NEXT.QULOUD_TICKETS.>", "$JS.API.DIRECT.GET.QULOUD_DATA.>",
                              "$JS.API.CONSUMER.INFO.QULOUD_TICKETS.>", "$JS.ACK.QULOUD_TICKETS.>", "quloud.v1.ack.>"]
                    subscribe: ["_INBOX.>"] } }
                  { user: shut, password: pw, permissions: { publish: ["$JS.API.STREAM.INFO.>"], subscribe: ["_INBOX.>"] } }
                ] }
                """)
        let owner = try await JetStreamOwnerFabric.connect(to: await Self.settings(server, user: "admin"))
        let helper = try await JetStreamHolderFabric.connect(to: await Self.settings(server, user: "admin"))
        _ = try await helper.waiting(for: .numbered(1))
        let holder = try await JetStreamHolderFabric.connect(to: await Self.settings(server, user: "holder"))
        try await owner.open(.numbered(1))
        let (bytes, id) = Self.chunk()
        try await owner.publish(bytes, as: id, in: .numbered(1))
        try await owner.publish([Ticket(address: .lane(0), chunk: id, request: [3])])
        #expect(try await holder.waiting(for: .numbered(1)) == [.lane(0): 1])
        let tickets = try await holder.tickets(from: .lane(0), limit: 4, wait: .seconds(5))
        #expect(tickets.map(\.payload) == [[3]])
        #expect(try await holder.fetch(id, from: .numbered(1)) == bytes)
        try await holder.send([4], to: .numbered(1))
        try await holder.settle(tickets, .done)
        #expect(try await owner.receipts(in: .numbered(1), limit: 4, wait: .seconds(5)).map(\.payload) == [[4]])

        let shut = try await JetStreamHolderFabric.connect(to: await Self.settings(server, user: "shut"))
        let denied = await fabricFailure { try await shut.send([4], to: .numbered(1)) }
        #expect(denied?.kind == .denied)
        #expect(denied?.description.contains("quloud.v1.ack.") == true)
        let unheard = await fabricFailure { try await shut.serve(as: .numbered(2)) { _ in nil } }
        #expect(unheard?.kind == .denied)
        #expect(unheard?.description.contains("quloud.v1.") == true)
        for fabric in [helper, holder, shut] { await fabric.shutDown() }
        await owner.shutDown()
        await server.stop()
    }

    /// A shared broker lets nobody purge. What was published a moment ago goes, too.
    @Test(arguments: NATSServers.all)
    func aMailboxIsEmptiedByWhoMayNotPurge(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(
            binary,
            extra: """
                authorization { users: [
                  { user: admin, password: pw }
                  { user: friend, password: pw, permissions: { publish: { deny: ["$JS.API.STREAM.PURGE.>"] } } }
                ] }
                """)
        let admin = try await JetStreamOwnerFabric.connect(to: await Self.settings(server, user: "admin"))
        let owner = try await JetStreamOwnerFabric.connect(to: await Self.settings(server, user: "friend"))
        try await owner.open(.numbered(1))
        for isFreed in [false, true] {
            var published: [ChunkID] = []
            for _ in 0..<100 {
                let (bytes, id) = Self.chunk()
                try await owner.publish(bytes, as: id, in: .numbered(1))
                published.append(id)
            }
            if isFreed { await owner.free(published, in: .numbered(1)) }
        }
        await owner.close(.numbered(1))
        #expect(try await admin.link.jetStream.streamInfo("QULOUD_DATA").state.messages == 0)
        for fabric in [admin, owner] { await fabric.shutDown() }
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func fullBrokerSaysSoAndTakesMoreAfterFreeing(_ binary: String) async throws {
        var settings = FabricSettings()
        settings.dataBytesMax = 1_000_000
        let bench = try await FabricBench(binary, settings: settings)
        try await bench.owner.open(.numbered(1))
        let chunks = (0..<3).map { _ in Self.chunk(450_000) }
        for chunk in chunks.prefix(2) { try await bench.owner.publish(chunk.bytes, as: chunk.id, in: .numbered(1)) }
        let full = await fabricFailure {
            try await bench.owner.publish(chunks[2].bytes, as: chunks[2].id, in: .numbered(1))
        }
        #expect(full?.kind == .full)
        await bench.owner.free([chunks[0].id], in: .numbered(1))
        while await fabricFailure({
            try await bench.owner.publish(chunks[2].bytes, as: chunks[2].id, in: .numbered(1))
        }) != nil {}
        #expect(try await bench.holders[0].fetch(chunks[2].id, from: .numbered(1)) == chunks[2].bytes)
        await bench.close()
    }

    @Test(arguments: NATSServers.all)
    func foreignBytesAreReplaced(_ binary: String) async throws {
        let bench = try await FabricBench(binary)
        try await bench.owner.open(.numbered(1))
        let (bytes, id) = Self.chunk()
        try await bench.owner.connection.publish("quloud.v1.data.\(MailboxID.numbered(1)).\(id)", payload: [6, 6, 6])
        try await bench.owner.publish(bytes, as: id, in: .numbered(1))
        #expect(try await bench.holders[0].fetch(id, from: .numbered(1)) == bytes)
        await bench.close()
    }

    @Test(arguments: NATSServers.all)
    func unsettledTicketsComeAgain(_ binary: String) async throws {
        var settings = FabricSettings()
        settings.ticketWait = .seconds(1)
        let bench = try await FabricBench(binary, settings: settings)
        try await bench.owner.publish([Ticket(address: .lane(0), chunk: .numbered(1), request: [3])])
        #expect(try await bench.holders[0].tickets(from: .lane(0), limit: 4, wait: .seconds(20)).count == 1)
        let again = try await bench.holders[1].tickets(from: .lane(0), limit: 4, wait: .seconds(20))
        // On a machine that is too slow it may have come and gone once more, even within one call.
        #expect(!again.isEmpty && again.allSatisfy { $0.payload == [3] })
        #expect(again.allSatisfy { $0.attempt >= 2 })
        await bench.close()
    }

    /// The owner's process died with chunks under way: its successor frees them at once.
    @Test(arguments: NATSServers.all)
    func successorFreesWhatItsPredecessorPublished(_ binary: String) async throws {
        let bench = try await FabricBench(binary)
        try await bench.owner.open(.numbered(1))
        let (bytes, id) = Self.chunk()
        try await bench.owner.publish(bytes, as: id, in: .numbered(1))
        // So that the first has surely taken delivery.
        while try await bench.owner.link.jetStream.consumerInfo(
            "QULOUD_DATA", FabricConsumers.freeing(.numbered(1)).name
        ).ackPending == 0 {}
        await bench.owner.shutDown()
        let successor = try await JetStreamOwnerFabric.connect(to: await Self.settings(bench.server))
        try await successor.open(.numbered(1))
        await successor.free([id], in: .numbered(1))
        while try await successor.has(id, in: .numbered(1)) {}
        await successor.shutDown()
        await bench.close()
    }

    /// Memory-backed data are gone after a restart, tickets and receipts are not; all goes on.
    @Test(arguments: NATSServers.all)
    func restartOfAMemoryBrokerIsSurvived(_ binary: String) async throws {
        var settings = FabricSettings()
        settings.dataStorage = .memory
        let bench = try await FabricBench(binary, settings: settings)
        let mailbox = MailboxID.numbered(1)
        try await bench.owner.open(mailbox)
        let (bytes, id) = Self.chunk()
        try await bench.owner.publish(bytes, as: id, in: mailbox)
        try await bench.owner.publish([Ticket(address: .lane(0), chunk: id, request: [3])])
        try await bench.holders[0].send([5], to: mailbox)
        await bench.server.stop()
        // Both have to notice that it is gone: whoever does not is still connected, to nothing.
        #expect(await fabricFailure { try await bench.owner.has(id, in: mailbox) }?.kind == .unreachable)
        #expect(await fabricFailure { try await bench.holders[0].fetch(id, from: mailbox) }?.kind == .unreachable)
        try await bench.server.start()
        for connection in [bench.owner.connection, bench.holders[0].connection] {
            try await connection.waitUntilConnected(timeout: .seconds(20))
        }
        #expect(try await !bench.owner.has(id, in: mailbox))
        try await bench.owner.publish(bytes, as: id, in: mailbox)
        #expect(try await bench.holders[0].fetch(id, from: mailbox) == bytes)
        let tickets = try await bench.holders[0].tickets(from: .lane(0), limit: 1, wait: .seconds(10))
        #expect(tickets.map(\.payload) == [[3]])
        #expect(try await bench.owner.receipts(in: mailbox, limit: 1, wait: .seconds(10)).map(\.payload) == [[5]])
        await bench.owner.free([id], in: mailbox)
        while try await bench.owner.has(id, in: mailbox) { try await Task.sleep(for: .milliseconds(10)) }
        await bench.close()
    }

    /// A consumer that somebody deleted while it is being waited on is made again.
    @Test(arguments: NATSServers.all)
    func deletedConsumersAreMadeAgain(_ binary: String) async throws {
        let bench = try await FabricBench(binary)
        let jetStream = bench.owner.link.jetStream
        #expect(try await bench.holders[0].tickets(from: .lane(0), limit: 1, wait: .zero).isEmpty)
        async let waiting = bench.holders[0].tickets(from: .lane(0), limit: 1, wait: .seconds(20))
        while try await jetStream.consumerInfo("QULOUD_TICKETS", "lane-0").waiting == 0 {}
        try await jetStream.deleteConsumer("QULOUD_TICKETS", "lane-0")
        try await bench.owner.publish([Ticket(address: .lane(0), chunk: .numbered(1), request: [3])])
        #expect(try await waiting.map(\.payload) == [[3]])
        try await jetStream.deleteConsumer("QULOUD_TICKETS", "lane-0")
        #expect(
            try await bench.holders[1].tickets(from: .lane(0), limit: 1, wait: .seconds(10)).map(\.payload) == [[3]])
        await bench.close()
    }

    /// One flipped bit in the server's file, and the server believes that it delivered what does not exist yet.
    @Test(arguments: NATSServers.all)
    func consumersThatAreAheadOfTheirStreamAreMadeAnew(_ binary: String) async throws {
        let bench = try await FabricBench(binary)
        for number in UInt64(1)...4 {
            try await bench.owner.publish([Ticket(address: .lane(0), chunk: .numbered(number), request: [3])])
            let tickets = try await bench.holders[0].tickets(from: .lane(0), limit: 1, wait: .seconds(20))
            try await bench.holders[0].settle(tickets, .done)
        }
        // In order, so that the server has written its state.
        await bench.server.stop()
        let store = bench.server.folder.path + "/store"
        let damaged = try damage(below: store)
        try await bench.server.start()
        for connection in [bench.owner.connection, bench.holders[0].connection] {
            try await connection.waitUntilConnected(timeout: .seconds(20))
        }
        try await bench.owner.publish([Ticket(address: .lane(0), chunk: .numbered(5), request: [5])])
        let tickets = try await bench.holders[0].tickets(from: .lane(0), limit: 1, wait: .seconds(20))
        #expect(tickets.map(\.payload) == [[5]], "\(damaged)")
        await bench.close()
    }

    /// After magic number and version come four numbers of one byte each; the last is the sequence that was delivered.
    private func damage(below store: String) throws -> String {
        let name = try #require(
            try FileManager.default.subpathsOfDirectory(atPath: store).first { $0.hasSuffix("obs/lane-0/o.dat") })
        let url = URL(filePath: store + "/" + name)
        var state = try Data(contentsOf: url)
        try #require(state.count >= 6)
        state[5] ^= 0x40
        try state.write(to: url)
        return state.map { String($0) }.joined(separator: " ")
    }
}
