import Glibc
package import QuloudCore
import Synchronization

/// Clocks that run on their own, `speed` times as fast as the real ones, and a wall clock that a test can move further:
/// days pass for leases and audits, while the waits of a test stay short.
package final class TestTime: TimeSource {
    private let passed = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    private let startedAt: Timestamp
    private let speed: Int

    package init(speed: Int = 1) {
        self.speed = max(1, speed)
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        startedAt = Timestamp(milliseconds: Int64(moment.tv_sec) * 1000 + Int64(moment.tv_nsec) / 1_000_000)
    }

    package var now: Timestamp { startedAt.advanced(by: uptime + passed.withLock { $0 }) }
    package var uptime: Duration { (ContinuousClock.now - start) * speed }
    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration / speed) }

    /// Moves the wall clock alone.
    package func pass(_ duration: Duration) { passed.withLock { $0 += duration } }
}
