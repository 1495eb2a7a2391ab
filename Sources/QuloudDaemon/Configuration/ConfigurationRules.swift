/// Checks of values against one another.
enum ConfigurationRules {
    /// What is wrong, each with the `ConfigurationKey.path` to blame.
    static func complaints(about configuration: Configuration) -> [(key: String, message: String)] {
        fabric(configuration.fabric) + broker(configuration) + roles(configuration)
    }

    private static func fabric(_ fabric: Configuration.Fabric) -> [(key: String, message: String)] {
        var complaints = pair("fabric", "user", fabric.user, "password_file", fabric.passwordFile)
        complaints += pair("fabric", "tls_cert_file", fabric.tlsCertificateFile, "tls_key_file", fabric.tlsKeyFile)
        let logins = [
            ("user", fabric.user), ("token_file", fabric.tokenFile), ("credentials_file", fabric.credentialsFile),
            ("nkey_seed_file", fabric.nkeySeedFile),
        ].filter { !$0.1.isEmpty }.map(\.0)
        if logins.count > 1, let last = logins.last {
            let names = logins.joined(separator: " and ")
            complaints.append(("fabric.\(last)", "[fabric] \(names) are different ways to log in; keep one"))
        }
        return complaints
    }

    private static func broker(_ configuration: Configuration) -> [(key: String, message: String)] {
        let broker = configuration.broker
        var complaints = pair("broker", "user", broker.user, "password_file", broker.passwordFile)
        complaints += pair("broker", "tls_cert_file", broker.tlsCertificateFile, "tls_key_file", broker.tlsKeyFile)
        guard configuration.fabric.broker == .embedded,
            let address = HostAndPort(broker.listen, allowingPortZero: true), !address.isLoopback
        else { return complaints }
        let missing = [
            ("user", broker.user), ("password_file", broker.passwordFile),
            ("tls_cert_file", broker.tlsCertificateFile), ("tls_key_file", broker.tlsKeyFile),
        ].filter(\.1.isEmpty).map(\.0)
        // A half-set pair has been named already.
        guard complaints.isEmpty, !missing.isEmpty else { return complaints }
        let message = "other machines reach \(quoted(broker.listen)); set \(missing.joined(separator: ", ")) as well"
        return [("broker.listen", "[broker] listen: \(message)")]
    }

    private static func roles(_ configuration: Configuration) -> [(key: String, message: String)] {
        var complaints: [(key: String, message: String)] = []
        if configuration.audit.grace < configuration.audit.retryAfter {
            let bounds = (
                DurationText.text(configuration.audit.grace), DurationText.text(configuration.audit.retryAfter)
            )
            complaints.append(
                ("audit.grace", "[audit] grace: \(bounds.0) is less than retry_after, which is \(bounds.1)"))
        }
        // A node with an embedded broker and no role is a hub for others.
        if !configuration.owner.enabled, !configuration.holder.enabled, configuration.fabric.broker != .embedded {
            let message = "the node is neither owner nor holder, and the broker is elsewhere; enable one role"
            complaints.append(("holder.enabled", "[holder] enabled: \(message)"))
        }
        return complaints
    }

    private static func pair(
        _ section: String, _ first: String, _ firstValue: String, _ second: String, _ secondValue: String
    ) -> [(key: String, message: String)] {
        guard firstValue.isEmpty != secondValue.isEmpty else { return [] }
        let (present, absent) = firstValue.isEmpty ? (second, first) : (first, second)
        return [("\(section).\(present)", "[\(section)] \(present): \(absent) has to be set as well")]
    }
}
