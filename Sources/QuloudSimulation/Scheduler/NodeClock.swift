import QuloudCore
import Synchronization

/// One node's clocks: simulated time, and a wall clock that may be wrong.
final class NodeClock: TimeSource {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private let scheduler: Scheduler
    private let state = Mutex((offset: Duration.zero, latest: NodeClock.start))

    init(_ scheduler: Scheduler) { self.scheduler = scheduler }

    var uptime: Duration { scheduler.uptime }
    var now: Timestamp {
        let uptime = uptime
        return state.withLock { state in
            let now = Self.start.advanced(by: uptime + state.offset)
            state.latest = max(state.latest, now)
            return now
        }
    }
    /// The latest time that this clock ever showed.
    var latest: Timestamp { state.withLock(\.latest) }

    func sleep(for duration: Duration) async throws { try await scheduler.sleep(for: duration) }
    func jump(by duration: Duration) { state.withLock { $0.offset += duration } }
    /// Somebody sets it right.
    func correct() { state.withLock { $0.offset = .zero } }
}
