import QuloudSystem

/// `quloud help`
struct HelpCommand: Sendable, Equatable {
    /// The name of a command; nil: the whole program.
    var topic: String?

    func run(_ output: Output) {
        let text = Self.text(on: topic)
        output.result(["help": .string(text)], text: text)
    }

    /// The help on a command, or on the whole program.
    static func text(on topic: String?) -> String {
        if let definition = topic.flatMap({ CommandDefinition.named($0) }) {
            return definition.help + "\n\n" + globalOptions + "\n"
        }
        let width = CommandDefinition.all.map(\.name.count).max() ?? 0
        let commands = CommandDefinition.all.map { definition in
            let gap = String(repeating: " ", count: width - definition.name.count + 2)
            return "  \(definition.name)\(gap)\(definition.summary)"
        }
        return """
            Usage: quloud COMMAND [arguments] [options]

            Backs up folders onto holders that need not be trusted, and keeps sealed chunks for
            others.

            Commands:
            \(commands.joined(separator: "\n"))

            \(globalOptions)

            Exit status:
              0 done, 1 failed, 2 wrong usage or configuration, 3 partly done, 4 audit found loss,
              10 no such store or snapshot, 11 locked, 12 wrong key, 20 fabric unreachable,
              130 interrupted

            Examples:
              quloud init --broker tls://nas.example:4222
              quloud backup ~/Documents
              quloud restore latest --to /srv/restored
              quloud help backup

            """
    }

    static let globalOptions = """
        Global options:
          --config FILE, -c   the configuration (default: $QULOUD_CONFIG, ./node.toml,
                              ~/.config/quloud/node.toml, /etc/quloud/node.toml)
          --json              results and errors as JSON, one object per line
          --quiet, -q         results and errors only
          --verbose, -v       more detail; may be repeated
          --help, -h          show the help on a command
          --version           show the version
        """

    static let definition = CommandDefinition(
        name: "help", summary: "show the help on a command",
        options: [],
        help: """
            Usage: quloud help [COMMAND]

            Shows the list of commands, or how to call one of them.

            Examples:
              quloud help
              quloud help restore
            """
    ) { arguments throws(UsageError) in
        let topic = try arguments.nextIfAny("COMMAND")
        if let topic, CommandDefinition.named(topic) == nil { throw CommandLineParser.unknownCommand(topic) }
        return .help(HelpCommand(topic: topic))
    }
}
