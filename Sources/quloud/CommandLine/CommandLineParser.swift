import QuloudDaemon

/// Turns the words behind `quloud` into an invocation. Touches nothing but its argument.
enum CommandLineParser {
    static func parse(_ words: [String]) -> Result<Invocation, UsageError> {
        do throws(UsageError) {
            return .success(try invocation(try WordScanner.scan(words)))
        } catch {
            return .failure(error)
        }
    }

    private static func invocation(_ scanned: ScannedWords) throws(UsageError) -> Invocation {
        let globals = try globalOptions(scanned)
        let name = scanned.positionals.first
        if let name, CommandDefinition.named(name) == nil { throw unknownCommand(name) }
        if scanned.options["help"] != nil {
            return Invocation(options: globals, command: .help(HelpCommand(topic: name)))
        }
        if scanned.options["version"] != nil, name == nil {
            return Invocation(options: globals, command: .version(VersionCommand()))
        }
        guard let name, let definition = CommandDefinition.named(name) else {
            throw UsageError("no command given", hint: "quloud help lists the commands")
        }
        let allowed = definition.options + Option.global.filter { $0.name != "version" }
        for option in scanned.order where !allowed.contains(where: { $0.name == option }) {
            throw WordScanner.unknownOption("--\(option)", known: allowed, command: name)
        }
        for option in allowed where !option.isRepeatable && scanned.options[option.name, default: []].count > 1 {
            throw UsageError("--\(option.name) is given more than once", hint: "keep one of them")
        }
        var arguments = Arguments(
            command: name, options: scanned.options, positionals: scanned.positionals.dropFirst())
        let command = try definition.parse(&arguments)
        try arguments.finish()
        return Invocation(options: globals, command: command)
    }

    private static func globalOptions(_ scanned: ScannedWords) throws(UsageError) -> GlobalOptions {
        let options = GlobalOptions(
            config: scanned.options["config"]?.first, json: scanned.options["json"] != nil,
            quiet: scanned.options["quiet"] != nil, verbosity: scanned.options["verbose"]?.count ?? 0)
        if options.quiet, options.verbosity > 0 {
            throw UsageError("--quiet and --verbose exclude each other", hint: "keep one of them")
        }
        return options
    }

    static func unknownCommand(_ name: String) -> UsageError {
        let nearest = Suggestion.nearest(to: name, among: CommandDefinition.all.map(\.name))
        return UsageError(
            "unknown command \"\(name)\"",
            hint: nearest.map { "did you mean \"\($0)\"?" } ?? "quloud help lists the commands")
    }
}
