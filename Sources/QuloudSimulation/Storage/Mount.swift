import QuloudCore
import Synchronization

/// What a node's disk does wrong.
enum DiskTrouble: String, Sendable, CaseIterable {
    case none, full, failing
}

/// One opening of a node's storage, over what is durable. What was being written when the power went may be there
/// afterwards or not; what returned before is there.
final class Mount: Sendable {
    typealias Change = @Sendable () async -> Void

    private struct State {
        var isDead = false
        var nextID = 0
        var underway: [(id: Int, parts: [Change])] = []
        var trouble = DiskTrouble.none
        var degraded: Set<Part> = []
    }
    /// What takes no more by itself, after its device failed.
    enum Part: Sendable { case index, blobs, catalog }
    enum Written: Sendable { case done, dead, full, failed, degraded }

    private let state = Mutex(State())
    private let scheduler: Scheduler
    private let draw: SharedDraw

    init(_ scheduler: Scheduler, _ draw: SharedDraw) {
        self.scheduler = scheduler
        self.draw = draw
    }

    var isDead: Bool { state.withLock(\.isDead) }
    func set(_ trouble: DiskTrouble) { state.withLock { $0.trouble = trouble } }

    /// Until it is opened again.
    func isDegraded(_ part: Part) -> Bool { state.withLock { $0.degraded.contains(part) } }
    var isDegraded: Bool { state.withLock { !$0.degraded.isEmpty } }

    /// The power goes. Returns what has reached the disk all the same.
    func kill() -> [Change] {
        let underway = state.withLock { state in
            state.isDead = true
            defer { state.underway = [] }
            return state.underway
        }
        return draw { draw in underway.flatMap { change in change.parts.filter { _ in draw.chance(0.5) } } }
    }

    /// Makes a change durable after a while: all parts of it, in order.
    func write(_ parts: [Change], to part: Part = .catalog) async -> Written {
        guard !isDead else { return .dead }
        guard !isDegraded(part) else { return .degraded }
        let trouble = state.withLock(\.trouble)
        if trouble == .full { return .full }
        let id = state.withLock { state in
            state.nextID += 1
            state.underway.append((state.nextID, parts))
            return state.nextID
        }
        await pause()
        // The task may have been cancelled: a disk does not care.
        guard !isDead else { return .dead }
        state.withLock { state in state.underway.removeAll { $0.id == id } }
        if trouble == .failing, draw({ $0.chance(0.5) }) {
            // What is one transaction fails as a whole; of many blobs some may be there.
            if parts.count > 1 {
                for change in parts where draw({ $0.chance(0.5) }) { await change() }
            }
            if draw({ $0.chance(0.3) }) { state.withLock { _ = $0.degraded.insert(part) } }
            return isDegraded(part) ? .degraded : .failed
        }
        for change in parts { await change() }
        return .done
    }

    /// Before something is read. False when there is nothing to read from, or the device fails.
    func read() async -> Bool {
        if draw({ $0.chance(0.3) }) { await Self.step() }
        guard !isDead else { return false }
        return state.withLock(\.trouble) != .failing || draw { $0.chance(0.5) }
    }

    /// Lets others go first. `Task.yield` does not ask the scheduler.
    private static func step() async { await Task {}.value }

    private func pause() async {
        let pause = draw { draw in
            draw.chance(0.5) ? .zero : draw.chance(0.9) ? draw.milliseconds(1...20) : draw.milliseconds(20...2000)
        }
        guard pause > .zero else { return await Self.step() }
        // Not cut short by cancelling.
        await Task { [scheduler] in try? await scheduler.sleep(for: pause) }.value
    }
}
