import Dispatch
import Synchronization

/// Runs actions at their deadlines with one shared timer instead of a task or timer each.
///
/// Meant for thousands of short-lived deadlines that are nearly always removed before they come.
package final class DeadlineSweeper: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private struct Entry {
        let deadline: Instant
        let action: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextID: UInt64 = 1
        var armedFor: Instant?
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue

    /// - Parameter label: names the timer's queue in debuggers.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Runs `action` once at `deadline` on the sweeper's queue, unless removed before.
    package func add(at deadline: Instant, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, arm) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.entries[id] = Entry(deadline: deadline, action: action)
            let arm = state.armedFor.map { deadline < $0 } ?? true
            if arm { state.armedFor = deadline }
            return (id, arm)
        }
        if arm { schedule(deadline) }
        return id
    }

    /// Forgets a deadline; does nothing when it has already run.
    package func remove(_ id: UInt64) {
        _ = state.withLock { $0.entries.removeValue(forKey: id) }
    }

    private func schedule(_ deadline: Instant) {
        let wait = max(.zero, deadline - .now).components
        let nanoseconds = min(wait.seconds, 86_400) * 1_000_000_000 + wait.attoseconds / 1_000_000_000
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(nanoseconds) + 500_000)) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        let now = Instant.now
        let (due, next) = state.withLock { state in
            let due = state.entries.filter { $0.value.deadline <= now }
            for id in due.keys { state.entries[id] = nil }
            let next = state.entries.values.map(\.deadline).min()
            state.armedFor = next
            return (due.values.map(\.action), next)
        }
        for action in due { action() }
        if let next { schedule(next) }
    }
}
