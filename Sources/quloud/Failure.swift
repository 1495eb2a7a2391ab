import QuloudDaemon
import QuloudSystem

/// Why a command did not do what it was asked, ready to be shown.
struct Failure: Error, Sendable, Equatable {
    let code: ExitCode
    /// What and where; one line each, mostly one.
    let messages: [String]
    /// What to do about it.
    let hint: String?

    init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.init(code, [message], hint: hint)
    }

    init(_ code: ExitCode, _ messages: [String], hint: String? = nil) {
        self.code = code
        self.messages = messages
        self.hint = hint
    }

    /// The failure that any error amounts to.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let usage as UsageError: self.init(.usage, usage.message, hint: usage.hint)
        case let configuration as ConfigurationError:
            self.init(
                .usage, configuration.problems.map(\.description),
                hint: "node.example.toml describes every key; quloud doctor checks the rest")
        case let file as FileReadError: self.init(.failed, file.description, hint: file.hint)
        case let operation as OperationFailure: self.init(operation)
        case is CancellationError: self = .interrupted
        default: self.init(.failed, "\(error)")
        }
    }

    /// What the node's side refused, with the exit code of its kind.
    private init(_ failure: OperationFailure) {
        self.init(
            ExitCode(rawValue: failure.kind.rawValue) ?? .failed,
            failure.message.isEmpty ? "the operation failed" : failure.message,
            hint: failure.hint.isEmpty ? nil : failure.hint)
    }

    static let interrupted = Failure(
        .interrupted, "interrupted", hint: "what is done so far is kept; the command can be run again")

    /// `error: …` for each message and `hint: …`, or one JSON object.
    func text(json: Bool) -> String {
        guard json else {
            let lines =
                messages.map { "error: " + SafeText.line($0) } + (hint.map { ["hint: " + SafeText.line($0)] } ?? [])
            return lines.joined(separator: "\n") + "\n"
        }
        var fields: [JSONValue.Field] = [.init("error", .string(messages.joined(separator: "; ")))]
        if messages.count > 1 { fields.append(.init("errors", .array(messages.map(JSONValue.string)))) }
        fields.append(.init("hint", hint.map(JSONValue.string) ?? .null))
        fields.append(.init("code", .integer(Int(code.rawValue))))
        return JSONValue.object(fields).text + "\n"
    }
}
