import Synchronization

/// One line on a terminal that is written over and over, at most ten times a second.
final class ProgressLine: Sendable {
    private struct State {
        var isShown = false
        var lastWrite: ContinuousClock.Instant?
    }

    private let width: Int
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - width: Columns of the terminal.
    ///   - write: Takes text that goes to the terminal as it is.
    init(width: Int, write: @escaping @Sendable (String) -> Void) {
        self.width = width
        self.write = write
    }

    /// Shows `text`, unless something was shown a moment ago.
    func show(_ text: @autoclosure () -> String, now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            if let last = state.lastWrite, last.duration(to: now) < .milliseconds(100) { return }
            state.lastWrite = now
            state.isShown = true
            write("\r\(SafeText.line(text()).prefix(max(0, width - 1)))\u{1B}[K")
        }
    }

    /// Wipes the line, so that something else can be written.
    func clear() {
        state.withLock { state in
            guard state.isShown else { return }
            state.isShown = false
            state.lastWrite = nil
            write("\r\u{1B}[K")
        }
    }
}

/// How far a long piece of work is.
struct Progress: Sendable, Equatable {
    var doneBytes = 0
    /// nil while unknown.
    var totalBytes: Int?
    var elapsed = Duration.zero
    /// What else to show, such as "1204 replicas confirmed".
    var note = ""

    /// "1.20 GiB of 4.00 GiB (30.0 %), 85.1 MiB/s, 33 s left, 1204 replicas confirmed"
    var text: String {
        var parts = [HumanText.bytes(doneBytes)]
        if let totalBytes {
            parts[0] += " of \(HumanText.bytes(totalBytes)) (\(HumanText.percent(doneBytes, of: totalBytes)))"
        }
        parts.append(HumanText.rate(bytes: doneBytes, in: elapsed))
        if let left = timeLeft { parts.append("\(HumanText.duration(left)) left") }
        if !note.isEmpty { parts.append(note) }
        return parts.joined(separator: ", ")
    }

    /// At the pace so far; nil while that says nothing.
    var timeLeft: Duration? { totalBytes.flatMap { Self.timeLeft(done: doneBytes, total: $0, elapsed: elapsed) } }

    /// The same for anything that is counted.
    static func timeLeft(done: Int, total: Int, elapsed: Duration) -> Duration? {
        guard done > 0, total > done, elapsed >= .seconds(2) else { return nil }
        let factor = Double(total - done) / Double(done)
        guard factor < 1e6 else { return nil }
        let left = elapsed * factor
        return .seconds(max(1, left.components.seconds))
    }
}
