import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CredentialsTests {
    @Test func unreachableBrokersAreNamedAsSuch() async throws {
        let port = try NATSServerProcess.freePort()
        #expect(await refusal(NATSSettings(urls: ["nats://127.0.0.1:\(port)"])) == .connectionRefused)
        #expect(await refusal(NATSSettings(urls: ["nats://no-such-host.invalid:4222"])) == .unknownHost)
        #expect(await refusal(NATSSettings(urls: ["http://127.0.0.1:4222"])) == .badSettings)
        #expect(await refusal(NATSSettings(urls: ["nats://127.0.0.1:port"])) == .badSettings)
        #expect(await refusal(NATSSettings(urls: [])) == .badSettings)
    }

    @Test(arguments: NATSServers.all)
    func wrongUserAndPasswordAreRefused(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, extra: "authorization { user: u, password: pw }")
        func settings(_ credentials: NATSSettings.Credentials) async -> NATSSettings {
            NATSSettings(urls: [await server.url], credentials: credentials)
        }
        #expect(await refusal(settings(.none)) == .authorizationViolation)
        #expect(await refusal(settings(.userPassword(user: "u", password: "no"))) == .authorizationViolation)
        #expect(await refusal(settings(.userPassword(user: "u", password: "p\""))) == .badSettings)
        #expect(await refusal(settings(.token("pw"))) == .authorizationViolation)
        #expect(await refusal(settings(.userPassword(user: "u", password: "pw"))) == nil)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func tokenIsAccepted(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, extra: "authorization { token: abc }")
        #expect(await refusal(NATSSettings(urls: [server.url], credentials: .token("abc"))) == nil)
        #expect(await refusal(NATSSettings(urls: [server.url], credentials: .token("abd"))) == .authorizationViolation)
        await server.stop()
    }

    // The published example pair of the nkeys documentation.
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    private static let key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

    @Test(arguments: NATSServers.all)
    func nkeySeedFileIsEnough(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(
            binary, extra: "authorization { users: [ { nkey: \(Self.key) } ] }")
        try server.folder.write("seed", "# a comment\n\(Self.seed)\n")
        let good = NATSSettings(urls: [await server.url], credentials: .nkeySeedFile(server.folder.path + "/seed"))
        #expect(await refusal(good) == nil)
        #expect(await refusal(NATSSettings(urls: [server.url])) == .authorizationViolation)
        try server.folder.write("mistyped", Self.seed.replacing("SUACSS", with: "SUACST"))
        for name in ["mistyped", "missing"] {
            let bad = NATSSettings(
                urls: [await server.url], credentials: .nkeySeedFile(server.folder.path + "/" + name))
            #expect(await refusal(bad) == .badSettings)
        }
        let creds = NATSSettings(urls: [await server.url], credentials: .credentialsFile(server.folder.path + "/none"))
        #expect(await refusal(creds) == .badSettings)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func deniedSubjectsFailAtOnce(_ binary: String) async throws {
        let users = """
            authorization { users: [ { user: u, password: pw, permissions: {
              publish: { allow: ["open"] }, subscribe: { allow: ["_INBOX.>"] } } } ] }
            """
        let server = try await NATSServerProcess.start(binary, extra: users)
        let settings = NATSSettings(urls: [await server.url], credentials: .userPassword(user: "u", password: "pw"))
        let connection = try await NATSConnection.connect(settings)
        let events = connection.events()
        #expect(await kind { try await connection.request("shut", timeout: .seconds(30)) } == .permissionDenied)
        #expect(await kind { try await connection.request("open", timeout: .seconds(30)) } == .noResponders)
        _ = try await connection.subscribe("elsewhere")
        var denied: [String] = []
        for await event in events {
            if case .permissionDenied(let error) = event { denied.append(error.subject) }
            if denied.count == 2 { break }
        }
        #expect(denied == ["shut", "elsewhere"])
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func connectionRecoversAfterTheServerRefusedItForAWhile(_ binary: String) async throws {
        let folder = try TestFolder()
        let first = try await NATSServerProcess.start(
            binary, extra: "include users.conf",
            folder: folder.with("users.conf", "authorization { user: u, password: pw }"))
        let settings = NATSSettings(
            urls: [await first.url], credentials: .userPassword(user: "u", password: "pw"),
            reconnectWait: .milliseconds(50))
        let connection = try await NATSConnection.connect(settings)
        let events = connection.events()
        await first.stop()
        try folder.write("users.conf", "authorization { user: u, password: changed }")
        try await first.start()
        // libnats gives up after the second refusal; the connection must not.
        for await event in events {
            if case .failed(let error) = event, error.kind == .authorizationViolation { break }
        }
        await first.stop()
        try folder.write("users.conf", "authorization { user: u, password: pw }")
        try await first.start()
        try await connection.waitUntilConnected(timeout: .seconds(30))
        try await connection.flush()
        await first.stop()
    }
}

/// Why a connection is refused, or nil when it works.
func refusal(_ settings: NATSSettings) async -> NATSError.Kind? {
    await kind {
        let connection = try await NATSConnection.connect(settings)
        _ = try await connection.flush()
        await connection.close()
    }
}

extension TestFolder {
    /// Writes a file and returns itself.
    func with(_ name: String, _ text: String) throws -> TestFolder {
        try write(name, text)
        return self
    }
}
