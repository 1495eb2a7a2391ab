/// When replicas are challenged. Each is due at a moment drawn at random from the second half of its covering period: the
/// load spreads evenly, no node can tell when it is asked, and nothing goes unproved for longer than the period.
package enum AuditSchedule {
    /// - Parameter draw: uniform in `0 ..< 1`.
    package static func next(after proof: Timestamp, cover: Duration, draw: Double) -> Timestamp {
        proof.advanced(by: cover * (0.5 + 0.45 * min(max(draw, 0), 1)))
    }

    /// The chance that a random sample of `count` replicas of a node hits one of the lost ones: 1 − (1 − f)^s.
    package static func detection(sample count: Int, lostFraction: Double) -> Double {
        var missed = 1.0
        for _ in 0..<max(0, count) { missed *= 1 - lostFraction }
        return 1 - missed
    }
}
