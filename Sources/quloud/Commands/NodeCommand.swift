import QuloudDaemon
import QuloudSystem

/// `quloud node`: the daemon.
struct NodeCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "node", summary: "run the node in the foreground",
        options: [],
        help: """
            Usage: quloud node [options]

            Runs the roles that the configuration enables, in the foreground, until SIGTERM or
            SIGINT; a second signal ends it at once. Logs to standard error.

            Examples:
              quloud node
              quloud node --config /etc/quloud/node.toml
              QULOUD_LOG_LEVEL=debug quloud node
            """
    ) { _ throws(UsageError) in .node(NodeCommand()) }
}

extension NodeCommand {
    func run(_ session: Session) async throws -> ExitCode {
        let configuration = try session.existingNode().configuration
        let logger = session.nodeLogger(configuration.log)
        let signals = await Signals.listen()
        let (stop, stopping) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        // Goes on while the node stops, for the second signal.
        let listener = Task {
            var isStopping = false
            for await signal in signals.stops {
                if isStopping { Signals.exitInterrupted() }
                isStopping = true
                logger.debug("signal received", ["signal": .integer(Int(signal.number))])
                stopping.yield()
            }
        }
        // Releasing the signals would give them back to their default action.
        defer { withExtendedLifetime(signals) { listener.cancel() } }
        try await QuloudNode.run(configuration, logger: logger) {
            for await _ in stop { return }
        } ready: { lines in
            session.showReady(lines, logger)
        }
        return .done
    }
}

extension Session {
    /// As configured, with less or more when the command line says so.
    fileprivate func nodeLogger(_ log: Configuration.Log) -> Logger {
        var log = log
        if options.quiet { log.level = max(log.level, .warning) }
        if options.verbosity > 0 { log.level = .debug }
        if options.json { log.format = .json }
        return log.logger(environment: environment)
    }

    /// For the operator: as lines to copy from, or as log lines where a program reads them.
    fileprivate func showReady(_ lines: [String], _ logger: Logger) {
        guard !options.quiet, lines.contains(where: { !$0.isEmpty }) else { return }
        for line in lines {
            if logger.style == .json { logger.info("ready", ["text": .string(line)]) } else { output.side(line) }
        }
    }
}
