/// Carries operations out: in the daemon, or in a command's own process. Events are for whoever watches.
package protocol OperationService: Sendable {
    /// - Throws: `OperationFailure`, `CancellationError`.
    func perform(
        _ request: OperationRequest, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> OperationReport
}
