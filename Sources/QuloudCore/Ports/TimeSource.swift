import QuloudCrypto

/// The clocks. Durations are taken from `uptime`, never from the difference of two wall-clock readings.
package protocol TimeSource: Sendable {
    /// The wall clock, which may jump.
    var now: Timestamp { get }
    /// A clock that only goes forward.
    var uptime: Duration { get }
    /// Returns after `duration`, or throws `CancellationError` at once when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

/// Randomness that no one can predict. Seeded twins exist for tests only.
package protocol Entropy: Sendable {
    func bytes(_ count: Int) -> [UInt8]
}

extension Entropy {
    package func bytes32() -> Bytes32 { Bytes32(bytes(32)) ?? Bytes32() }
    package func uint64() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
    /// Uniform in `0 ..< 1`.
    package func unit() -> Double { Double(uint64() >> 11) * 0x1p-53 }
}
