import QuloudNATS
import QuloudSystem
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct TLSTests {
    @Test(arguments: NATSServers.all)
    func serverIsCheckedAgainstTheAuthority(_ binary: String) async throws {
        let folder = try TestFolder()
        try await TestCertificates.make(in: folder)
        let server = try await NATSServerProcess.start(
            binary, extra: "tls { cert_file: \"\(folder.path)/server.pem\", key_file: \"\(folder.path)/server.key\" }")
        let secure = "tls://localhost:\(await server.port)"
        let trusted = NATSSettings.TLS(authorityFile: folder.path + "/ca.pem")
        let stranger = NATSSettings.TLS(authorityFile: folder.path + "/other.pem")
        #expect(await refusal(NATSSettings(urls: [secure], tls: trusted)) == nil)
        #expect(await refusal(NATSSettings(urls: [secure], tls: stranger)) == .tlsFailed)
        #expect(await refusal(NATSSettings(urls: [secure])) == .tlsFailed)
        #expect(await refusal(NATSSettings(urls: [server.url])) == .tlsRequired)
        #expect(await refusal(NATSSettings(urls: ["tls://127.0.0.2:\(await server.port)"], tls: trusted)) != nil)
        let missing = NATSSettings.TLS(authorityFile: folder.path + "/none.pem")
        #expect(await refusal(NATSSettings(urls: [secure], tls: missing)) == .badSettings)
        await server.stop()
        let plain = try await NATSServerProcess.start(binary)
        let wrong = "tls://localhost:\(await plain.port)"
        #expect(await refusal(NATSSettings(urls: [wrong], tls: trusted)) == .tlsNotOffered)
        await plain.stop()
    }

    @Test(arguments: NATSServers.all)
    func certificateForAnotherNameIsRefused(_ binary: String) async throws {
        let folder = try TestFolder()
        try await TestCertificates.make(in: folder, name: "DNS:elsewhere.example")
        let server = try await NATSServerProcess.start(
            binary, extra: "tls { cert_file: \"\(folder.path)/server.pem\", key_file: \"\(folder.path)/server.key\" }")
        let trusted = NATSSettings.TLS(authorityFile: folder.path + "/ca.pem")
        #expect(await refusal(NATSSettings(urls: ["tls://localhost:\(await server.port)"], tls: trusted)) == .tlsFailed)
        await server.stop()
    }

    @Test(arguments: NATSServers.all)
    func clientCertificateIsPresented(_ binary: String) async throws {
        let folder = try TestFolder()
        try await TestCertificates.make(in: folder)
        let server = try await NATSServerProcess.start(
            binary,
            extra: """
                tls { cert_file: "\(folder.path)/server.pem", key_file: "\(folder.path)/server.key",
                  ca_file: "\(folder.path)/ca.pem", verify: true }
                """)
        let url = "tls://localhost:\(await server.port)"
        let anonymous = NATSSettings.TLS(authorityFile: folder.path + "/ca.pem")
        let known = NATSSettings.TLS(
            authorityFile: folder.path + "/ca.pem", certificateFile: folder.path + "/server.pem",
            keyFile: folder.path + "/server.key")
        #expect(await refusal(NATSSettings(urls: [url], tls: known)) == nil)
        #expect(await refusal(NATSSettings(urls: [url], tls: anonymous)) == .tlsFailed)
        await server.stop()
    }
}

/// Certificates made with the openssl command: an authority, a server certificate from it, and a stranger's authority.
enum TestCertificates {
    struct Failure: Error {
        let output: String
    }

    static func make(in folder: TestFolder, name: String = "DNS:localhost,IP:127.0.0.1") async throws {
        let path = folder.path
        for authority in ["ca", "other"] {
            try await openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=\(authority)", "-keyout", "\(path)/\(authority).key", "-out", "\(path)/\(authority).pem")
        }
        try await openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server", "-keyout",
            "\(path)/server.key", "-out", "\(path)/server.csr")
        try folder.write("server.ext", "subjectAltName=\(name)\n")
        try await openssl(
            "x509", "-req", "-in", "\(path)/server.csr", "-CA", "\(path)/ca.pem", "-CAkey", "\(path)/ca.key", "-days",
            "2",
            "-extfile", "\(path)/server.ext", "-CAcreateserial", "-out", "\(path)/server.pem")
    }

    private static func openssl(_ arguments: String...) async throws {
        let run = try await CapturedRun.run("/usr/bin/openssl", arguments)
        guard run.exit == .code(0) else { throw Failure(output: run.output) }
    }
}
