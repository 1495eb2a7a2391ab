extension OwnerContext {
    /// Repeats what the broker refuses for the moment, with growing pauses, until `patience` is over.
    func persist<Value: Sendable>(
        for patience: Duration, _ operation: @Sendable () async throws(FabricError) -> Value
    ) async throws -> Value {
        try await persisting(for: patience, operation).value
    }

    /// The same, and for how long the broker refused.
    func persisting<Value: Sendable>(
        for patience: Duration, _ operation: @Sendable () async throws(FabricError) -> Value
    ) async throws -> (value: Value, away: Duration) {
        let start = time.uptime
        var pause: Duration = .milliseconds(100)
        var refused = false
        while true {
            do {
                let value = try await operation()
                return (value, refused ? time.uptime - start : .zero)
            } catch {
                refused = true
                guard error.isTemporary, time.uptime - start < patience else { throw error }
            }
            try await time.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
    }
}

extension FabricError {
    /// The same may succeed later.
    var isTemporary: Bool {
        switch kind {
        case .unreachable, .timeout, .full, .nobody: true
        default: false
        }
    }
}
