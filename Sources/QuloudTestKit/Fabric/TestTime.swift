import Glibc
package import QuloudCore
import Synchronization

/// The real clocks, with a wall clock that a test can move: days pass for leases and audits, while waits stay short.
package final class TestTime: TimeSource {
    private let offset = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    package init() {}

    package var now: Timestamp {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return Timestamp(milliseconds: Int64(moment.tv_sec) * 1000 + Int64(moment.tv_nsec) / 1_000_000)
            .advanced(by: offset.withLock { $0 })
    }

    package var uptime: Duration { ContinuousClock.now - start }

    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }

    /// Moves the wall clock alone.
    package func pass(_ duration: Duration) { offset.withLock { $0 += duration } }
}
