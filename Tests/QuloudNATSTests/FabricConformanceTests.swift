import QuloudCore
import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(5)))
struct FabricConformanceTests {
    /// Each case has a server of its own: too many at once would only wait for each other, and keep other tests waiting.
    private static let atOnce = ByteGate(capacity: 4)

    @Test(arguments: NATSServers.all, FabricConformance.allCases)
    func keeps(_ binary: String, _ rule: FabricConformance) async throws {
        try await Self.atOnce.enter(1)
        defer { Self.atOnce.leave(1) }
        try await rule.check { try await FabricBench(binary).world }
    }
}

/// A broker, an owner's fabric and two holders' on it.
struct FabricBench {
    let server: NATSServerProcess
    let owner: JetStreamOwnerFabric
    let holders: [JetStreamHolderFabric]

    init(
        _ binary: String, extra: String = "", settings: FabricSettings = FabricSettings(),
        log: @escaping FabricLog = { _ in }
    ) async throws {
        server = try await NATSServerProcess.start(binary, extra: extra)
        let broker = NATSSettings(urls: [await server.url], reconnectWait: .milliseconds(50))
        owner = try await .connect(to: broker, settings: settings, log: log)
        holders = [
            try await .connect(to: broker, settings: settings, log: log),
            try await .connect(to: broker, settings: settings, log: log),
        ]
    }

    var world: FabricWorld {
        FabricWorld(owner: owner, holders: holders, wipe: wipe, close: close)
    }

    @Sendable func wipe() async throws {
        await server.stop()
        await server.wipeStore()
        try await server.start()
    }

    @Sendable func close() async {
        await owner.shutDown()
        for holder in holders { await holder.shutDown() }
        await server.stop()
    }
}
