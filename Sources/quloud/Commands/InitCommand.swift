import QuloudDaemon

/// `quloud init`: keys, databases and a configuration.
struct InitCommand: Sendable, Equatable {
    var dataDirectory: String?
    var broker: String?
    var login = BrokerLogin()
    var quorum: Int?
    var listen: String?
    var owner = true
    var holder = true
    var force = false

    /// What was given, for the configuration file.
    var overrides: [ConfigurationOverride] {
        var overrides: [ConfigurationOverride] = []
        func add(_ key: String, _ value: String?, _ flag: String) {
            if let value { overrides.append(ConfigurationOverride(key: key, value: value, flag: flag)) }
        }
        add("node.data_dir", dataDirectory, "--data-dir")
        add("fabric.broker", broker, "--broker")
        add("broker.listen", listen, "--listen")
        add("holder.enabled", holder ? nil : "false", "--no-holder")
        add("owner.enabled", owner ? nil : "false", "--no-owner")
        add("owner.quorum", quorum.map(String.init), "--quorum")
        return overrides + login.overrides
    }

    static let definition = CommandDefinition(
        name: "init", summary: "make the keys and the configuration of a new node",
        options: [
            Option("data-dir", value: "DIR"), Option("broker", value: "ADDRESS"), Option("quorum", value: "N"),
            Option("listen", value: "ADDRESS"), Option("no-owner"), Option("no-holder"), Option("force"),
        ] + BrokerLogin.options,
        help: """
            Usage: quloud init [options]

            Makes the keys of a new node (mode 0600), its data directory and a commented
            configuration, and shows the 24 recovery words once. Write them down: together with the
            broker's address they bring everything back, and nothing else does.

            Options:
              --data-dir DIR      where keys, databases and stored blobs lie
                                  (default ~/.local/share/quloud, as root /var/lib/quloud)
              --broker ADDRESS    "embedded" (default): run an own broker;
                                  or nats://HOST:PORT, tls://HOST:PORT
            \(BrokerLogin.help)
              --listen ADDRESS    where the embedded broker listens (default 127.0.0.1:0)
              --quorum N          how many distinct holders keep each chunk, 1 to 8 (default 3)
              --no-owner          do not back up folders of this machine
              --no-holder         do not keep sealed chunks for others
              --force             replace a configuration that is already there; keys are never
                                  replaced

            Examples:
              quloud init
              quloud init --broker tls://nas.example:4222 --data-dir /srv/quloud
              quloud init --no-owner --config /etc/quloud/node.toml
            """
    ) { arguments throws(UsageError) in
        let quorum = try arguments.setting("quorum", for: "owner.quorum").flatMap { Int($0) }
        let command = InitCommand(
            dataDirectory: try arguments.setting("data-dir", for: "node.data_dir"),
            broker: try arguments.setting("broker", for: "fabric.broker"), login: try BrokerLogin(arguments),
            quorum: quorum,
            listen: try arguments.setting("listen", for: "broker.listen"), owner: !arguments.flag("no-owner"),
            holder: !arguments.flag("no-holder"), force: arguments.flag("force"))
        if let broker = command.broker, broker != "embedded", command.listen != nil {
            throw UsageError(
                "--listen is for the embedded broker, but --broker names another one", hint: "drop one of them")
        }
        if !command.owner, !command.holder, let broker = command.broker, broker != "embedded" {
            throw UsageError(
                "--no-owner and --no-holder leave the node nothing to do", hint: "drop one of them")
        }
        return .initialize(command)
    }
}

extension InitCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let node = try session.newNode(overriding: overrides, replacing: force)
        let words = try await QuloudNode.initialise(
            node.configuration, overriding: overrides, configurationFile: node.file, force: force)
        let made = NewNode(
            configuration: node.file, dataDirectory: node.configuration.node.dataDirectory, words: words)
        session.output.result(
            made, text: session.options.quiet ? made.grid : made.text(flag: session.flag(for: node.file)))
        return .done
    }
}
