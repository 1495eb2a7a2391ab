import QuloudDaemon
import QuloudSystem

/// Shows what an operation tells while it runs: progress and notes to standard error, listings where the command wants
/// them.
final class EventReporter: Sendable {
    private let output: Output
    private let line: ProgressLine?
    private let start = ContinuousClock.now
    private let entries: @Sendable ([EntryReport]) -> Void

    init(_ output: Output, entries: @escaping @Sendable ([EntryReport]) -> Void = { _ in }) {
        self.output = output
        self.entries = entries
        line = output.progress()
    }

    func show(_ event: OperationEvent) {
        switch event {
        case .progress(let progress): line?.show(progress.text(elapsed: self.start.duration(to: .now)))
        case .note(let note): show(note)
        case .entries(let part): entries(part)
        // Those come back as the result of the operation.
        case .done, .failed: break
        }
    }

    /// Wipes the progress line, so that a result can be written.
    func finish() { line?.clear() }

    /// A logger for work in this process: silent unless `--verbose` asks for it.
    func logger() -> Logger {
        guard output.options.verbosity > 0 else { return .silent }
        let level = output.options.verbosity > 1 ? Logger.Level.debug : .info
        return Logger(level: level, style: output.options.json ? .json : .text(time: false)) { [self] text in
            line?.clear()
            output.side(text.last == "\n" ? String(text.dropLast()) : text)
        }
    }

    /// Warnings always, but with `--quiet`; the rest with `--verbose`.
    private func show(_ note: NoteReport) {
        guard note.isWarning ? !output.options.quiet : output.options.verbosity > 0 else { return }
        line?.clear()
        output.side(output.options.json ? note.json : note.line)
    }
}

extension NoteReport {
    /// "warning: SUBJECT: TEXT"
    var line: String {
        let words = subject.isEmpty ? text : "\(subject): \(text)"
        return (isWarning ? "warning: " : "note: ") + SafeText.line(words)
    }

    /// The same as an object that tells itself apart from results and errors.
    var json: String {
        let fields: JSONValue = [
            "event": "note", "warning": .bool(isWarning), "subject": .string(subject), "text": .string(text),
        ]
        return fields.text
    }
}
