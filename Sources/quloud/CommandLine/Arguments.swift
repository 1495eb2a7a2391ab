import QuloudDaemon

/// The options and positional arguments of one command, before they have types.
struct Arguments {
    /// The name of the command, for messages.
    let command: String
    private let options: [String: [String]]
    private var positionals: ArraySlice<String>

    init(command: String, options: [String: [String]], positionals: ArraySlice<String>) {
        self.command = command
        self.options = options
        self.positionals = positionals
    }

    func flag(_ name: String) -> Bool { options[name] != nil }

    func value(_ name: String) -> String? { options[name]?.first }

    func values(_ name: String) -> [String] { options[name] ?? [] }

    func required(_ name: String, called value: String) throws(UsageError) -> String {
        guard let given = self.value(name) else {
            throw UsageError("\(command) needs --\(name)", hint: "add --\(name) \(value)")
        }
        return given
    }

    /// The text of an option that stands for a key of the configuration, checked as that key is.
    func setting(_ name: String, for key: String) throws(UsageError) -> String? {
        guard let text = value(name) else { return nil }
        guard let key = ConfigurationKey.named(key) else { return text }
        do throws(ValueProblem) {
            _ = try key.value(of: text)
            return text
        } catch {
            throw UsageError("--\(name): \(error.message)", hint: helpHint)
        }
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name): \"\(text)\" is not a number from \(range.lowerBound) to \(range.upperBound)", hint: helpHint
            )
        }
        return number
    }

    /// Takes the next positional argument.
    mutating func next(_ name: String) throws(UsageError) -> String {
        guard let first = positionals.popFirst() else {
            throw UsageError("\(command) needs \(name)", hint: helpHint)
        }
        guard !first.isEmpty else { throw UsageError("\(command): \(name) is empty", hint: helpHint) }
        return first
    }

    /// Takes the next positional argument if there is one.
    mutating func nextIfAny(_ name: String) throws(UsageError) -> String? {
        positionals.isEmpty ? nil : try next(name)
    }

    /// Takes all positional arguments that are left.
    mutating func rest(_ name: String) throws(UsageError) -> [String] {
        var rest: [String] = []
        while let argument = try nextIfAny(name) { rest.append(argument) }
        return rest
    }

    /// Complains about what is left.
    func finish() throws(UsageError) {
        guard let first = positionals.first else { return }
        throw UsageError("\(command) does not take \"\(first)\"", hint: helpHint)
    }

    var helpHint: String { "quloud help \(command) shows how to call it" }
}
