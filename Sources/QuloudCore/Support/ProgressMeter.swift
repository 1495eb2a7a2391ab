import Synchronization

/// Shared counters of a piece of work; tells the observer at most ten times a second, or as often as is asked for, and at the
/// end.
package final class ProgressMeter<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var toldAt: Duration?
    }
    private let state: Mutex<State>
    private let time: any TimeSource
    private let interval: Duration
    private let tell: @Sendable (Value) -> Void

    package init(
        _ value: Value, time: any TimeSource, every interval: Duration = .milliseconds(100),
        tell: @escaping @Sendable (Value) -> Void
    ) {
        self.interval = interval
        state = Mutex(State(value: value))
        self.time = time
        self.tell = tell
    }

    package func update(_ change: (inout Value) -> Void) {
        let now = time.uptime
        let due = state.withLock { state -> Value? in
            change(&state.value)
            if let toldAt = state.toldAt, now - toldAt < interval { return nil }
            state.toldAt = now
            return state.value
        }
        if let due { tell(due) }
    }

    package var value: Value { state.withLock { $0.value } }

    package func finish() { tell(value) }
}
