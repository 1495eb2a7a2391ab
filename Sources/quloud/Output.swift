import QuloudSystem

/// Where a command says what it found: results to standard output, everything else to standard error.
struct Output: Sendable {
    let options: GlobalOptions
    private let output: @Sendable (String) -> Void
    private let error: @Sendable (String) -> Void

    init(
        _ options: GlobalOptions, output: @escaping @Sendable (String) -> Void = { StandardStream.output.write($0) },
        error: @escaping @Sendable (String) -> Void = { StandardStream.error.write($0) }
    ) {
        self.options = options
        self.output = output
        self.error = error
    }

    /// A result: one JSON object on a line of its own with `--json`, else the text.
    func result(_ json: @autoclosure () -> JSONValue, text: @autoclosure () -> String) {
        let line = options.json ? json().text : text()
        guard !line.isEmpty else { return }
        output(line.hasSuffix("\n") ? line : line + "\n")
    }

    /// The same for a report, with its fields sorted by name.
    func result(_ report: some Encodable, text: @autoclosure () -> String) {
        let line = options.json ? JSONLine.text(report) : text()
        guard !line.isEmpty else { return }
        output(line.hasSuffix("\n") ? line : line + "\n")
    }

    /// Text for people; nothing with `--json`.
    func text(_ text: String) {
        if !options.json, !text.isEmpty { output(text.hasSuffix("\n") ? text : text + "\n") }
    }

    /// A line about the work, to standard error as it is.
    func side(_ line: String) { error(line + "\n") }

    /// Something worth knowing that is no result. Silent with `--quiet` and `--json`.
    func note(_ text: @autoclosure () -> String) {
        if !options.quiet, !options.json { error(text() + "\n") }
    }

    /// A detail that only `--verbose` asks for.
    func detail(_ text: @autoclosure () -> String) {
        if options.verbosity > 0, !options.json { error(text() + "\n") }
    }

    func failure(_ failure: Failure) { error(failure.text(json: options.json)) }

    /// A progress line on a terminal; silent elsewhere, with `--quiet` and with `--json`.
    func progress() -> ProgressLine? {
        guard !options.quiet, !options.json, let width = Terminal.width(of: .error) else { return nil }
        return ProgressLine(width: width, write: error)
    }
}
