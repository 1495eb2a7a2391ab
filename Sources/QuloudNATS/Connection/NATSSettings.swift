/// How to reach and enter a broker.
package struct NATSSettings: Sendable, Equatable {
    /// How to prove who we are.
    package enum Credentials: Sendable, Equatable {
        case none
        case userPassword(user: String, password: String)
        case token(String)
        /// Path of a `.creds` file (JWT and seed).
        case credentialsFile(String)
        /// Path of a file that holds an nkey user seed (`SU…`).
        case nkeySeedFile(String)
    }

    /// Transport security.
    package struct TLS: Sendable, Equatable {
        /// PEM file of the authorities to trust; nil: the system's.
        package var authorityFile: String?
        /// PEM file of our own certificate chain, for servers that verify clients.
        package var certificateFile: String?
        /// PEM file of our own key.
        package var keyFile: String?

        package init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
            self.authorityFile = authorityFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// `nats://host:port` or `tls://host:port`, at least one.
    package var urls: [String]
    /// Shown in the server's connection list.
    package var name: String
    package var credentials: Credentials
    /// nil: no TLS, unless a URL says `tls://`.
    package var tls: TLS?
    package var connectTimeout: Duration
    package var pingInterval: Duration
    /// Pause between attempts to reconnect; they never end.
    package var reconnectWait: Duration

    package init(
        urls: [String], name: String = "quloud", credentials: Credentials = .none, tls: TLS? = nil,
        connectTimeout: Duration = .seconds(5), pingInterval: Duration = .seconds(20),
        reconnectWait: Duration = .seconds(1)
    ) {
        self.urls = urls
        self.name = name
        self.credentials = credentials
        self.tls = tls
        self.connectTimeout = connectTimeout
        self.pingInterval = pingInterval
        self.reconnectWait = reconnectWait
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, at least one: the unit of libnats.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return max(1, min(seconds, 1_000_000_000) * 1000 + rest)
    }

    /// Whole nanoseconds: the unit of JetStream's JSON.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(seconds, 9_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
