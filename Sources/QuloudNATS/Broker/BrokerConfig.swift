/// How the embedded broker is to run.
package struct BrokerConfig: Sendable, Equatable {
    package struct Login: Sendable, Equatable {
        package var user: String
        package var password: String

        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    package struct TLS: Sendable, Equatable {
        package var certificateFile: String
        package var keyFile: String
        /// The authority that clients need to check the certificate; nil: a public one.
        package var authorityFile: String?

        package init(certificateFile: String, keyFile: String, authorityFile: String? = nil) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.authorityFile = authorityFile
        }
    }

    /// Absolute path; everything of the broker lives in it.
    package var directory: String
    /// The binary; nil searches `PATH` and the usual places.
    package var serverPath: String?
    /// Numeric address, or `localhost`.
    package var listenHost = "127.0.0.1"
    /// nil: chosen once, then kept.
    package var port: UInt16?
    /// The name by which other machines (and the certificate) know this one.
    package var publicHost: String?
    /// nil: user `quloud` with a generated password; only on loopback.
    package var login: Login?
    package var tls: TLS?
    /// Bytes.
    package var memoryStoreMax: Int64 = 1 << 30
    /// Bytes.
    package var fileStoreMax: Int64 = 64 << 30
    package var serverName = "quloud"

    package init(directory: String) {
        self.directory = directory
    }

    package var listensOnLoopbackOnly: Bool {
        listenHost == "localhost" || listenHost == "::1" || Self.isLoopback(listenHost)
    }

    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// - Throws: `unsafeListen`, `badConfiguration`.
    package func validate() throws(BrokerError) {
        guard directory.hasPrefix("/") else {
            throw BrokerError(.badConfiguration, "its directory must be an absolute path")
        }
        let texts = [
            directory, listenHost, serverName, login?.user, login?.password, tls?.certificateFile, tls?.keyFile,
        ]
        for text in texts.compactMap(\.self)
        where text.isEmpty || text.unicodeScalars.contains(where: { $0.value < 32 }) {
            throw BrokerError(.badConfiguration, "a setting is empty or holds control characters")
        }
        for text in [login?.user, login?.password].compactMap(\.self) where text.contains("\"") || text.contains("\\") {
            throw BrokerError(.badConfiguration, "user and password must not contain quotes or backslashes")
        }
        guard !listensOnLoopbackOnly else { return }
        guard login != nil, tls != nil else {
            let missing = [login == nil ? "user and password" : nil, tls == nil ? "a TLS certificate and key" : nil]
            throw BrokerError(
                .unsafeListen,
                "refuses to listen on \(listenHost) without \(missing.compactMap(\.self).joined(separator: " and "))")
        }
    }

    /// The server's configuration file; the same text serves all versions from 2.9 on.
    func serverConfiguration(port: UInt16, login: Login, name: String) -> String {
        var lines = [
            "# written by quloud at every start; changes are lost",
            "server_name: \(Self.quoted(name))",
            "host: \(Self.quoted(listenHost))",
            "port: \(port)",
            "pid_file: \(Self.quoted(directory + "/broker.pid"))",
            "lame_duck_duration: \"30s\"",
            "lame_duck_grace_period: \"1s\"",
            "authorization { user: \(Self.quoted(login.user)), password: \(Self.quoted(login.password)) }",
            "jetstream {",
            "  store_dir: \(Self.quoted(directory + "/store"))",
            "  max_memory_store: \(memoryStoreMax)",
            "  max_file_store: \(fileStoreMax)",
            "}",
        ]
        if let tls {
            lines.append(
                "tls { cert_file: \(Self.quoted(tls.certificateFile)), key_file: \(Self.quoted(tls.keyFile)), timeout: 5 }"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// How this process reaches the broker.
    func clientSettings(port: UInt16, login: Login) -> NATSSettings {
        let wildcard = listenHost == "0.0.0.0" || listenHost == "::"
        let host = tls != nil ? publicHost ?? listenHost : wildcard ? "127.0.0.1" : listenHost
        return NATSSettings(
            urls: ["\(tls == nil ? "nats" : "tls")://\(Self.bracketed(host)):\(port)"], name: "quloud",
            credentials: .userPassword(user: login.user, password: login.password),
            tls: tls.map { NATSSettings.TLS(authorityFile: $0.authorityFile) }, reconnectWait: .milliseconds(200))
    }

    /// What a second machine puts into its `node.toml`, or why it cannot join.
    func joinInstructions(port: UInt16, login: Login) -> String {
        guard !listensOnLoopbackOnly else {
            return "# this broker listens on \(listenHost) only: other machines cannot join"
        }
        let host = publicHost ?? (listenHost == "0.0.0.0" || listenHost == "::" ? "THIS-MACHINE" : listenHost)
        var lines = [
            "[fabric]",
            "broker = \(Self.quoted("tls://\(Self.bracketed(host)):\(port)"))",
            "user = \(Self.quoted(login.user))",
            "password_file = \"broker.password\"  # the password of this broker, in a file of mode 0600",
        ]
        if tls?.authorityFile != nil {
            lines.append("ca_file = \"broker-ca.pem\"  # a copy of this broker's authority certificate")
        }
        return lines.joined(separator: "\n")
    }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// A string literal, the same in the server's configuration language and in TOML.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
