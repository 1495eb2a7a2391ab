import Synchronization

/// Shared counters of a piece of work; tells the observer at most ten times a second, and at the end.
package final class ProgressMeter<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var toldAt: Duration?
    }
    private let state: Mutex<State>
    private let time: any TimeSource
    private let tell: @Sendable (Value) -> Void

    package init(_ value: Value, time: any TimeSource, tell: @escaping @Sendable (Value) -> Void) {
        state = Mutex(State(value: value))
        self.time = time
        self.tell = tell
    }

    package func update(_ change: (inout Value) -> Void) {
        let now = time.uptime
        let due = state.withLock { state -> Value? in
            change(&state.value)
            if let toldAt = state.toldAt, now - toldAt < .milliseconds(100) { return nil }
            state.toldAt = now
            return state.value
        }
        if let due { tell(due) }
    }

    package var value: Value { state.withLock { $0.value } }

    package func finish() { tell(value) }
}
