import QuloudDaemon
import QuloudSystem

/// `quloud recover`: the catalog, from the recovery words.
struct RecoverCommand: Sendable, Equatable {
    /// Where the words come from.
    enum Words: Sendable, Equatable {
        case terminal
        case standardInput
        case file(String)
    }

    var words = Words.terminal
    var dataDirectory: String?
    var broker: String?
    var quorum: Int?
    var withoutList = false
    var login = BrokerLogin()

    /// What was given, for the configuration.
    var overrides: [ConfigurationOverride] {
        let given = [
            ("node.data_dir", dataDirectory, "--data-dir"), ("fabric.broker", broker, "--broker"),
            ("owner.quorum", quorum.map(String.init), "--quorum"),
        ]
        return given.compactMap { key, value, flag in
            value.map { ConfigurationOverride(key: key, value: $0, flag: flag) }
        } + login.overrides
    }

    static let definition = CommandDefinition(
        name: "recover", summary: "bring back an owner on an empty machine from the 24 words",
        options: [
            Option("words-file", value: "FILE"), Option("broker", value: "ADDRESS"), Option("data-dir", value: "DIR"),
            Option("quorum", value: "N"), Option("without-list"),
        ] + BrokerLogin.options,
        help: """
            Usage: quloud recover [options]

            Rebuilds keys and catalog in an empty data directory. Asks the holders for the newest
            head that the words' key has signed, checks its chain, and fetches the catalog. Then
            snapshots, ls and restore work as before.

            Options:
              --words-file FILE   read the 24 words from FILE, or from standard input with "-"
                                  (default: ask on the terminal)
              --broker ADDRESS    nats://HOST:PORT or tls://HOST:PORT
                                  (default: as configured)
              --data-dir DIR      where to put keys and catalog (default: as configured)
              --quorum N          how many holders are to keep each chunk, as it was before (default: as
                                  configured)
              --without-list      when no holder that will ever come back has the list of snapshots:
                                  give up the earlier snapshots, so that backups can go on
            \(BrokerLogin.help)

            Examples:
              quloud recover --broker tls://nas.example:4222 --user quloud --password-file broker.password
              quloud recover --words-file words.txt --data-dir /srv/quloud
              pass show backup-words | quloud recover --words-file -
            """
    ) { arguments throws(UsageError) in
        let words: Words =
            switch arguments.value("words-file") {
            case nil: .terminal
            case "-": .standardInput
            case .some(let file): .file(file)
            }
        return .recover(
            RecoverCommand(
                words: words, dataDirectory: try arguments.setting("data-dir", for: "node.data_dir"),
                broker: try arguments.setting("broker", for: "fabric.broker"),
                quorum: try arguments.setting("quorum", for: "owner.quorum").flatMap { Int($0) },
                withoutList: arguments.flag("without-list"),
                login: try BrokerLogin(arguments)))
    }
}

extension RecoverCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let node = try session.nodeToBe(overriding: overrides)
        // Before signals are taken over: an interrupt ends the process while it asks.
        let words = try await BlockingPool(label: "quloud.words", width: 1).run {
            try WordsInput.read(self.words, session)
        }
        let report = try await session.watching { reporter in
            try await QuloudNode.recover(
                words: words, withoutList: withoutList, configuration: node.configuration, overriding: overrides,
                configurationFile: node.file, logger: reporter.logger()
            ) { reporter.show($0) }
        }
        session.output.result(report, text: report.text)
        session.output.note(
            "now \"quloud snapshots\(session.flag(for: node.file))\" lists what can be restored")
        return try session.conclude(report.shortfall)
    }
}
