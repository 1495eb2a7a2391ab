import Synchronization

/// Counts of what happened: faults by kind, and states that were reached.
package final class Tally: Sendable {
    private let counts = Mutex<(faults: [String: Int], states: [String: Int])>(([:], [:]))

    package init() {}

    package var faults: [String: Int] { counts.withLock(\.faults) }
    package var states: [String: Int] { counts.withLock(\.states) }

    func fault(_ kind: String, _ count: Int = 1) {
        guard count > 0 else { return }
        counts.withLock { $0.faults[kind, default: 0] += count }
    }
    func state(_ name: String, _ count: Int = 1) {
        guard count > 0 else { return }
        counts.withLock { $0.states[name, default: 0] += count }
    }
}
