package import QuloudCore
import Synchronization

/// Clocks that stand still until a test moves them.
package final class ManualTime: TimeSource {
    private struct Sleeper {
        let deadline: Duration
        /// Sleepers with the same deadline wake in the order in which they came.
        let number: Int
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var now: Timestamp
        var uptime: Duration = .zero
        var sleepers: [Int: Sleeper] = [:]
        var nextNumber = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        /// Removes the watchers that have seen enough sleepers.
        mutating func satisfiedWatchers() -> [CheckedContinuation<Void, Never>] {
            let count = sleepers.count
            let satisfied = watchers.filter { $0.count <= count }.map(\.continuation)
            watchers.removeAll { $0.count <= count }
            return satisfied
        }
    }
    private let state: Mutex<State>

    /// - Parameter now: what the wall clock shows at first.
    package init(now: Timestamp = Timestamp(seconds: 1_700_000_000)) { state = Mutex(State(now: now)) }

    package var now: Timestamp { state.withLock(\.now) }
    package var uptime: Duration { state.withLock(\.uptime) }
    /// How many sleep now.
    package var sleeperCount: Int { state.withLock(\.sleepers.count) }

    package func sleep(for duration: Duration) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let watchers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
                    guard duration > .zero, !Task.isCancelled else { return nil }
                    let deadline = state.uptime + duration
                    state.sleepers[number] = Sleeper(deadline: deadline, number: number, continuation: continuation)
                    return state.satisfiedWatchers()
                }
                guard let watchers else {
                    return continuation.resume(
                        with: Task.isCancelled ? .failure(CancellationError()) : .success(()))
                }
                for watcher in watchers { watcher.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: number) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves both clocks forward and wakes, in order of their deadlines, those whose time has come.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            state.uptime += duration
            let uptime = state.uptime
            let due = state.sleepers.values.filter { $0.deadline <= uptime }
            for sleeper in due { state.sleepers[sleeper.number] = nil }
            return due.sorted { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Moves both clocks to the next deadline and wakes whoever sleeps until then. Returns false when nobody sleeps.
    @discardableResult
    package func advanceToNextSleeper() -> Bool {
        let wait = state.withLock { state in state.sleepers.values.map(\.deadline).min().map { $0 - state.uptime } }
        guard let wait else { return false }
        advance(by: max(wait, .zero))
        return true
    }

    /// Sets the wall clock alone, as a correction from outside does. Sleepers do not notice.
    package func setNow(_ now: Timestamp) { state.withLock { $0.now = now } }

    /// Returns once at least `count` sleep.
    package func waitForSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isEnough = state.withLock { state in
                guard state.sleepers.count < count else { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isEnough { continuation.resume() }
        }
    }
}
