import QuloudDaemon

/// The words of a command line, sorted into options and the rest.
struct ScannedWords {
    /// The values of each option by its name; "" for each time an option without a value was given.
    var options: [String: [String]] = [:]
    /// The names of the options as they came.
    var order: [String] = []
    var positionals: [String] = []
}

/// Tells options from other words. As options may stand before the command, it knows those of all commands; one name
/// means the same thing everywhere.
struct WordScanner {
    static let options = Option.global + CommandDefinition.all.flatMap(\.options)

    private var result = ScannedWords()
    private var rest: ArraySlice<String>

    static func scan(_ words: [String]) throws(UsageError) -> ScannedWords {
        var scanner = WordScanner(rest: words[...])
        while let word = scanner.rest.popFirst() {
            if word == "--" {
                scanner.result.positionals += scanner.rest
                break
            } else if word.hasPrefix("--") {
                try scanner.long(word)
            } else if word.hasPrefix("-"), word != "-" {
                try scanner.short(word)
            } else {
                scanner.result.positionals.append(word)
            }
        }
        return scanner.result
    }

    private init(rest: ArraySlice<String>) { self.rest = rest }

    private mutating func long(_ word: String) throws(UsageError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        guard let option = Self.options.first(where: { $0.name == name }) else {
            throw unknownOption("--\(name)")
        }
        try add(option, inline: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// One or more letters; the value of the last may follow at once: `-cFILE`.
    private mutating func short(_ word: String) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = Self.options.first(where: { $0.letter == letter }) else {
                throw unknownOption("-\(letter)")
            }
            guard option.value != nil else {
                try add(option, inline: nil)
                continue
            }
            if letters.first == "=" { letters = letters.dropFirst() }
            return try add(option, inline: letters.isEmpty ? nil : String(letters))
        }
    }

    private mutating func add(_ option: Option, inline: String?) throws(UsageError) {
        var value = ""
        if let name = option.value {
            guard let given = inline ?? nextValue(), !given.isEmpty else {
                throw UsageError("--\(option.name) needs a value", hint: "write --\(option.name) \(name)")
            }
            value = given
        } else if inline != nil {
            throw UsageError("--\(option.name) takes no value", hint: "write only --\(option.name)")
        }
        result.options[option.name, default: []].append(value)
        result.order.append(option.name)
    }

    /// The next word, unless it looks like an option. "-" alone stands for standard input.
    private mutating func nextValue() -> String? {
        guard let next = rest.first, next == "-" || !next.hasPrefix("-") else { return nil }
        return rest.popFirst()
    }

    private func unknownOption(_ word: String) -> UsageError {
        guard let command = result.positionals.first.flatMap({ CommandDefinition.named($0) }) else {
            return Self.unknownOption(word, known: Self.options, command: nil)
        }
        return Self.unknownOption(word, known: command.options + Option.global, command: command.name)
    }

    static func unknownOption(_ word: String, known: [Option], command: String?) -> UsageError {
        let nearest =
            word.hasPrefix("--")
            ? Suggestion.nearest(to: String(word.dropFirst(2)), among: known.map(\.name)) : nil
        let topic = command.map { "quloud help \($0)" } ?? "quloud help"
        let isElsewhere = options.contains { "--\($0.name)" == word }
        let message = isElsewhere ? "\(command ?? "quloud") has no option \(word)" : "unknown option \(word)"
        return UsageError(
            message, hint: nearest.map { "did you mean --\($0)?" } ?? "\(topic) shows the options")
    }
}
