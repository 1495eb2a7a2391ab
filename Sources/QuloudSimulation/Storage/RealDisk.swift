import Glibc
import QuloudTestKit
import Synchronization

/// A disk that real adapters keep files on, and how the processes that use it die.
final class RealDisk: Sendable {
    private struct State {
        var disk: SimulatedDisk?
        /// What a disk that is made lately begins with.
        var start: DiskTree
        var life = 0
        var isUsed = false
        var isRemoved = false
        var trouble: [DiskFault] = []
        /// The device goes, or is gone.
        var isGoing = false
        var failure: (any Error)?
        var powerCuts = 0
        var kills = 0
        var torn = 0
        var injected: [String: Int] = [:]

        /// Lets fail what is to fail, and nothing else.
        mutating func apply() {
            isGoing = false
            disk?.clearFaults()
            for fault in trouble { disk?.add(fault) }
        }
    }
    private let state: Mutex<State>
    private let draw: SharedDraw

    init(_ draw: SharedDraw, start: DiskTree = DiskTree()) {
        self.draw = draw
        state = Mutex(State(start: start))
    }

    /// For a process that starts: whoever used the disk before is dead. Returns where it works.
    func start() throws -> (folder: String, life: Int) {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            guard !state.isRemoved else { throw RealDiskError.removed }
            let disk = try state.disk ?? SimulatedDisk(state.start)
            if state.disk == nil {
                state.disk = disk
                state.apply()
            } else if state.isUsed {
                try disk.killProcess()
            }
            if state.isGoing { state.apply() }
            state.isUsed = true
            state.life += 1
            return (disk.folder, state.life)
        }
    }

    func isLife(_ life: Int) -> Bool { state.withLock { $0.life == life } }

    /// The power goes, or the process is killed, as may be.
    func crash() {
        let (isCut, salt) = draw { ($0.chance(0.6), $0.next()) }
        state.withLock { state in
            guard let disk = state.disk, state.isUsed else { return }
            state.isUsed = false
            state.life += 1
            state.apply()
            do {
                if isCut {
                    var generator = SplitMix(salt)
                    state.powerCuts += 1
                    try disk.cutPower(choosing: &generator)
                } else {
                    state.kills += 1
                    try disk.killProcess()
                }
            } catch {
                state.failure = error
            }
        }
    }

    /// A disk without anything takes its place.
    func wipe() {
        state.withLock { state in
            state.life += 1
            state.isUsed = false
            state.start = DiskTree()
            Self.drop(&state)
        }
    }

    /// The world is over. Counts what happened here.
    func remove(_ tally: Tally) {
        let state = state.withLock { state in
            state.isRemoved = true
            Self.drop(&state)
            return (state.powerCuts, state.kills, state.torn, state.injected)
        }
        tally.fault("power cut", state.0)
        tally.fault("process killed on its disk", state.1)
        tally.fault("torn write", state.2)
        for (what, count) in state.3 { tally.fault("injected: \(what)", count) }
    }

    private static func drop(_ state: inout State) {
        guard let disk = state.disk else { return }
        state.torn += disk.tornWrites
        state.injected.merge(disk.injected, uniquingKeysWith: +)
        state.disk = nil
    }

    func set(_ trouble: DiskTrouble) {
        let faults = faults(trouble)
        state.withLock { state in
            state.trouble = faults
            state.apply()
        }
    }

    /// Between two calls that belong together, the device goes: until it is restarted, nothing is written.
    func failSoon() {
        let kinds = Set(DiskOperation.Kind.allCases).subtracting([.open, .close])
        let calls = draw { $0.int(0...12) }
        state.withLock { state in
            state.isGoing = true
            state.disk?.add(DiskFault(kinds, .fail(EIO), after: calls, times: nil))
        }
    }

    private func faults(_ trouble: DiskTrouble) -> [DiskFault] {
        switch trouble {
        case .none: return []
        case .full:
            let syncs = draw { $0.chance(0.3) }
            let kinds: Set<DiskOperation.Kind> = [.write, .allocate, .create, .makeDirectory, .rename, .link]
            return [DiskFault(syncs ? kinds.union([.sync]) : kinds, .fail(ENOSPC), times: nil)]
        case .failing:
            return draw { draw in
                (0..<draw.int(1...4)).map { _ in
                    let kinds: Set<DiskOperation.Kind> = [[.write], [.sync], [.rename, .link]][draw.index(3)]
                    return DiskFault(
                        kinds, .fail(draw.chance(0.8) ? EIO : ENOSPC), after: draw.int(0...8), times: draw.int(1...4))
                }
            }
        }
    }

    // MARK: Looking, and damaging

    /// What a copy of the machine would begin with.
    var tree: DiskTree { state.withLock { $0.disk?.model.live ?? $0.start } }
    func bytes(_ path: String) -> [UInt8]? { state.withLock { $0.disk?.bytes(path) } }
    /// What a power cut leaves that takes everything that is not durable, and what one leaves that takes nothing.
    var extremes: [DiskTree] {
        guard let model = state.withLock({ $0.disk?.model }) else { return [] }
        return [model.surviving { _ in .lost }, model.live]
    }
    func isDurable(_ path: String) -> Bool { state.withLock { $0.disk?.isDurable(path) ?? false } }

    /// A drawn bit flips, of the bytes that `place` is asked for.
    func flipBit(of path: String, _ place: (inout Draw, Int) -> Int) {
        guard let size = bytes(path)?.count, size > 0 else { return }
        let bit = draw { draw in place(&draw, size) * 8 + draw.index(8) }
        _ = state.withLock { $0.disk?.flipBit(bit, of: path) }
    }

    /// Files that nobody uses are gone for good.
    func lose(_ paths: [String]) {
        state.withLock { state in
            guard let disk = state.disk else { return }
            disk.clearFaults()
            for path in paths { unlink(disk.folder + "/" + path) }
            do { try disk.killProcess() } catch { state.failure = error }
            state.apply()
        }
    }
}

enum RealDiskError: Error { case removed }
