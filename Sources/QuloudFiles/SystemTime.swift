import Glibc
import QuloudCore
import QuloudSystem

/// The system's clocks.
package struct SystemTime: TimeSource {
    package init() {}

    package var now: Timestamp {
        let time = Self.read(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Since the machine started, time asleep included.
    package var uptime: Duration {
        let time = Self.read(CLOCK_BOOTTIME)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // Fails only for clocks that do not exist.
        _ = clock_gettime(clock, &time)
        return time
    }
}

/// The kernel's random numbers.
package struct SystemEntropy: Entropy {
    package init() {}

    package func bytes(_ count: Int) -> [UInt8] {
        var bytes = systemRandomBytes(count)
        // Only a sandbox that forbids the call gets here; the standard library then finds another way or stops.
        while bytes.count < count { bytes.append(.random(in: .min ... .max)) }
        return bytes
    }
}
