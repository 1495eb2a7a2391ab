import QuloudSystem
import Synchronization

/// Ends long work when somebody asks for it.
enum Interruption {
    /// Runs `work`; the first signal cancels it, and what it then throws becomes `Failure.interrupted`. For each further
    /// one `again` is called, which normally ends the process at once.
    static func running<Value: Sendable>(
        stops: AsyncStream<Signals.Stop>, again: @escaping @Sendable () -> Void = { Signals.exitInterrupted() },
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let isInterrupted = Flag()
        let task = Task { try await work() }
        // Not a child task: it has to go on listening after the work is cancelled.
        let listener = Task {
            for await _ in stops {
                if isInterrupted.raise() { task.cancel() } else { again() }
            }
        }
        defer { listener.cancel() }
        do {
            return try await task.value
        } catch {
            throw isInterrupted.isRaised ? Failure.interrupted : error
        }
    }
}

/// Goes up once.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }

    /// True for the first caller.
    func raise() -> Bool { !value.exchange(true, ordering: .acquiringAndReleasing) }
}
