import QuloudNATS
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct BrokerDoctorTests {
    @Test(arguments: NATSServers.all)
    func findingsFitTheServer(_ binary: String) async throws {
        let server = try await NATSServerProcess.start(binary, extra: "max_payload: 500000")
        let stream = StreamConfig(name: "S", subjects: ["s.>"])
        let findings = await BrokerDoctor.examine(NATSSettings(urls: [server.url]), streams: [stream])
        func level(_ subject: BrokerDoctor.Subject) -> BrokerDoctor.Level? {
            findings.first { $0.subject == subject }?.level
        }
        let old = try await ServerBinary.find(configured: binary).version < ServerVersion(2, 14, 0)
        #expect(level(.version) == (old ? .warning : .good))
        #expect(level(.payload) == .problem)
        #expect(level(.jetStream) == .good)
        #expect(level(.permissions) == .good)
        #expect(level(.roundTrip) == .good)
        await server.stop()
        let gone = await BrokerDoctor.examine(NATSSettings(urls: [server.url]))
        #expect(gone.count == 1 && gone.first?.level == .problem && gone.first?.hint.isEmpty == false)
    }

    @Test(arguments: NATSServers.all)
    func jetStreamOffAndMissingPermissionsAreProblems(_ binary: String) async throws {
        let plain = try await NATSServerProcess.start(binary, jetStream: false)
        let off = await BrokerDoctor.examine(NATSSettings(urls: [plain.url]))
        #expect(off.first { $0.subject == .jetStream }?.level == .problem)
        await plain.stop()
        let users = """
            authorization { users: [ { user: u, password: pw, permissions: {
              publish: { allow: ["$JS.API.INFO"] }, subscribe: { allow: ["_INBOX.>"] } } } ] }
            """
        let server = try await NATSServerProcess.start(binary, extra: users)
        let settings = NATSSettings(urls: [await server.url], credentials: .userPassword(user: "u", password: "pw"))
        let stream = StreamConfig(name: "S", subjects: ["s.>"])
        let findings = await BrokerDoctor.examine(settings, streams: [stream])
        let finding = try #require(findings.first { $0.subject == .permissions })
        #expect(finding.level == .problem && finding.text.contains("permission denied"))
        await server.stop()
    }
}
