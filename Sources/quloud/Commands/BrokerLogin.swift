import QuloudDaemon

/// How to enter a broker, for the commands that write a configuration.
struct BrokerLogin: Sendable, Equatable {
    var user: String?
    var passwordFile: String?
    var authorityFile: String?

    init() {}

    init(_ arguments: Arguments) throws(UsageError) {
        user = try arguments.setting("user", for: "fabric.user")
        passwordFile = try arguments.setting("password-file", for: "fabric.password_file")
        authorityFile = try arguments.setting("ca-file", for: "fabric.ca_file")
    }

    var overrides: [ConfigurationOverride] {
        let given = [
            ("fabric.user", user, "--user"), ("fabric.password_file", passwordFile, "--password-file"),
            ("fabric.ca_file", authorityFile, "--ca-file"),
        ]
        return given.compactMap { key, value, flag in
            value.map { ConfigurationOverride(key: key, value: $0, flag: flag) }
        }
    }

    static let options = [
        Option("user", value: "NAME"), Option("password-file", value: "FILE"), Option("ca-file", value: "FILE"),
    ]

    static let help = """
          --user NAME         the broker's user, with --password-file
          --password-file FILE
                              file with the password, mode 0600
          --ca-file FILE      certificate of the authority that signed the broker's (PEM)
        """
}
