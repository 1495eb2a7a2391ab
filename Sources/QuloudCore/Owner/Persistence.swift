extension OwnerContext {
    /// Repeats what the broker refuses for the moment, with growing pauses, until `patience` is over.
    func persist<Value: Sendable>(
        for patience: Duration, _ operation: @Sendable () async throws(FabricError) -> Value
    ) async throws -> Value {
        let start = time.uptime
        var pause: Duration = .milliseconds(100)
        while true {
            do {
                return try await operation()
            } catch {
                switch error.kind {
                case .unreachable, .timeout, .full, .nobody: break
                default: throw error
                }
                guard time.uptime - start < patience else { throw error }
            }
            try await time.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
    }
}
