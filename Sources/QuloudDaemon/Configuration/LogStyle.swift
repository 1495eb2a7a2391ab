import QuloudSystem

extension Configuration.Log {
    /// A logger to standard error as configured. Under systemd (`JOURNAL_STREAM`) the journal adds the time.
    package func logger(environment: [String: String], isTerminal: Bool = StandardStream.error.isTerminal) -> Logger {
        Logger(level: level, style: style(environment: environment, isTerminal: isTerminal))
    }

    func style(environment: [String: String], isTerminal: Bool) -> Logger.Style {
        let isJournal = environment["JOURNAL_STREAM"] != nil
        return switch format {
        case .text: .text(time: !isJournal)
        case .json: .json
        case .auto: isJournal || isTerminal ? .text(time: !isJournal) : .json
        }
    }
}
