import QuloudDaemon
import QuloudSystem

extension Session {
    /// Has the node of this machine carry `request` out, and shows progress and notes meanwhile.
    ///
    /// - Parameter entries: Takes the parts of a listing as they come.
    /// - Throws: `Failure`, `OperationFailure`, or what is wrong with the configuration.
    func perform(
        _ request: OperationRequest, entries: @escaping @Sendable ([EntryReport]) -> Void = { _ in }
    ) async throws -> OperationReport {
        let configuration = try existingNode().configuration
        return try await watching(entries: entries) { reporter in
            try await QuloudNode.perform(request, configuration: configuration, logger: reporter.logger()) {
                reporter.show($0)
            }
        }
    }

    /// Ends a command whose result is shown already.
    func conclude(_ shortfall: Failure?) throws -> ExitCode {
        if let shortfall { throw shortfall }
        return .done
    }

    /// Runs `work` so that signals interrupt it.
    func watching<Value: Sendable>(
        entries: @escaping @Sendable ([EntryReport]) -> Void = { _ in },
        _ work: @escaping @Sendable (EventReporter) async throws -> Value
    ) async throws -> Value {
        let reporter = EventReporter(output, entries: entries)
        defer { reporter.finish() }
        let signals = await Signals.listen()
        // Releasing it would give the signals back to their default action.
        defer { withExtendedLifetime(signals) {} }
        return try await Interruption.running(stops: signals.stops) { try await work(reporter) }
    }
}

extension OperationReport {
    /// What is thrown when the node answers something else than it was asked.
    var mismatch: Failure {
        Failure(
            .failed, "the running node answered something else than it was asked",
            hint: "restart it, so that node and command are of the same version")
    }
}
