import Glibc
import QuloudCore
import Synchronization

/// Runs every job of a world on one thread, one after the other, in an order that the seed draws. When nothing can run,
/// simulated time jumps to the moment at which the next sleeper wakes.
final class Scheduler: Sendable {
    /// Why a run ended.
    enum Ending: Sendable, Equatable {
        case done
        /// Somebody asked for it, having seen enough.
        case stopped
        /// Nothing can run, nobody sleeps, and the work is not done.
        case deadlock
        /// It goes on and on.
        case livelock
        /// Something waited by the real clock, or ran on another thread.
        case realTime
    }

    private struct Sleeper {
        let deadline: Duration
        let number: Int
        let continuation: CheckedContinuation<Void, any Error>
    }
    /// A job, and the actor's executor that it has to run on, if any.
    private struct Ready {
        let job: UnownedJob
        let executor: UnownedSerialExecutor?
    }
    private struct State {
        var ready: [Ready] = []
        var draw: Draw
        var uptime: Duration = .zero
        var passed: Duration = .zero
        /// In order of waking.
        var sleepers: [Sleeper] = []
        var nextNumber = 0
        var steps = 0
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var planned: [(step: Int, body: @Sendable () -> Void)] = []
        var isStopped = false
        var usedRealTime = false
        var slowness = 0.0
    }
    private let state: Mutex<State>
    private let stepsMax: Int
    private let runner = Runner()
    /// The only thread that runs jobs: another one would run beside the seed's order.
    private let thread = pthread_self()

    init(seed: UInt64, stepsMax: Int = 400_000) {
        state = Mutex(State(draw: Draw(seed: seed, stream: 1)))
        self.stepsMax = stepsMax
    }

    var uptime: Duration { state.withLock(\.uptime) }
    var steps: Int { state.withLock(\.steps) }
    /// Of everything that happened so far, in order.
    var digest: UInt64 { state.withLock(\.digest) }

    func enqueue(_ job: UnownedJob, on executor: UnownedSerialExecutor? = nil) {
        let isForeign = pthread_equal(pthread_self(), thread) == 0
        state.withLock { state in
            state.ready.append(Ready(job: job, executor: executor))
            if isForeign { state.usedRealTime = true }
        }
    }
    func noteRealTime() { state.withLock { $0.usedRealTime = true } }
    func stop() { state.withLock { $0.isStopped = true } }
    /// The probability that, before a job, time passes as if the machine were slow.
    func setSlowness(_ slowness: Double) { state.withLock { $0.slowness = slowness } }

    /// Adds to the digest.
    func record(_ bytes: some Sequence<UInt8>) {
        state.withLock { state in
            for byte in bytes { state.digest = (state.digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
    }

    /// Runs `body` between two jobs, so many steps from now.
    func after(steps: Int, _ body: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.planned.append((state.steps + steps, body))
            state.planned.sort { $0.step < $1.step }
        }
    }

    // MARK: Time

    func sleep(for duration: Duration) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                guard !Task.isCancelled else {
                    continuation.resume(throwing: CancellationError())
                    return
                }
                state.withLock { state in
                    let deadline = state.uptime + max(duration, .zero)
                    let place = state.sleepers.firstIndex { $0.deadline > deadline } ?? state.sleepers.endIndex
                    state.sleepers.insert(
                        Sleeper(deadline: deadline, number: number, continuation: continuation), at: place)
                }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.number == number }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Everything stands still for a while, as machines do that sleep.
    func pass(_ duration: Duration) {
        state.withLock { state in
            state.uptime += duration
            state.passed += duration
        }
    }
    /// How long everything stood still.
    var passed: Duration { state.withLock(\.passed) }

    /// Moves time to the next deadline and wakes whoever sleeps until then. False when nobody sleeps.
    private func wakeNext() -> Bool {
        let due = state.withLock { state -> [Sleeper] in
            guard let first = state.sleepers.first else { return [] }
            state.uptime = max(state.uptime, first.deadline)
            let now = state.uptime
            let count = state.sleepers.prefix { $0.deadline <= now }.count
            defer { state.sleepers.removeFirst(count) }
            return Array(state.sleepers.prefix(count))
        }
        for sleeper in due { sleeper.continuation.resume() }
        return !due.isEmpty
    }

    // MARK: Running

    /// Runs until `body` is done, or there is no sense in going on.
    func run(_ body: @escaping @Sendable () async -> Void) -> Ending {
        let done = Done()
        Task {
            await body()
            done.set()
        }
        return turn { done.isSet }
    }

    /// Lets what is left come to its end, after its tasks were cancelled. `done` when nothing is left that could run.
    func drain(steps: Int) -> Ending {
        let end = self.steps + steps
        state.withLock { $0.isStopped = false }
        let ending = turn { self.steps >= end }
        return ending == .deadlock ? .done : ending == .done ? .livelock : ending
    }

    private func turn(until isDone: () -> Bool) -> Ending {
        while !isDone() {
            if state.withLock(\.usedRealTime) { return .realTime }
            if state.withLock(\.isStopped) { return .stopped }
            runPlanned()
            if let ready = draw() {
                runner.run(ready.job, on: ready.executor)
            } else if !wakeNext() {
                return .deadlock
            }
            if steps > stepsMax { return .livelock }
        }
        return .done
    }

    private func runPlanned() {
        while let body = state.withLock({ state -> (@Sendable () -> Void)? in
            guard let first = state.planned.first, first.step <= state.steps else { return nil }
            state.planned.removeFirst()
            return first.body
        }) {
            body()
        }
    }

    private func draw() -> Ready? {
        let isSlow = state.withLock { $0.draw.chance($0.slowness) }
        if isSlow { _ = wakeNext() }
        return state.withLock { state in
            guard !state.ready.isEmpty else { return nil }
            let index = state.draw.index(state.ready.count)
            state.steps += 1
            state.digest = (state.digest ^ UInt64(index)) &* 0x100_0000_01B3
            state.ready.swapAt(index, state.ready.count - 1)
            return state.ready.removeLast()
        }
    }
}

/// Something that is over once, for whoever looks.
final class Done: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// Runs single jobs as the pool of threads would: belonging to no particular executor, unless they are an actor's.
private struct Runner: Sendable {
    private let generic = unsafeBitCast((0, 0), to: UnownedSerialExecutor.self)
    func run(_ job: UnownedJob, on executor: UnownedSerialExecutor?) { job.runSynchronously(on: executor ?? generic) }
}
