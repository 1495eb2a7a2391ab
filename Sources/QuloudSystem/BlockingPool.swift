import Dispatch
import Synchronization

/// A few threads for calls that block, so that those never hold a thread of Swift's own pool.
///
/// Each lane is a serial queue: Dispatch gives every serial queue its thread at once, whereas it adds threads to a
/// concurrent queue only slowly while the ones it has are blocked.
package final class BlockingPool: Sendable {
    package typealias Job = @Sendable () -> Void
    /// Has a job run soon, elsewhere; may be called from any thread.
    package typealias Runner = @Sendable (@escaping Job) -> Void

    private struct State {
        var idleLanes: [Int]
        var waiting: [Job] = []
        var firstWaiting = 0

        mutating func nextJob() -> Job? {
            guard firstWaiting < waiting.count else { return nil }
            let job = waiting[firstWaiting]
            firstWaiting += 1
            if firstWaiting == waiting.count || firstWaiting == 1024 {
                waiting.removeFirst(firstWaiting)
                firstWaiting = 0
            }
            return job
        }
    }

    private let lanes: [Runner]
    private let state: Mutex<State>

    /// - Parameters:
    ///   - label: names the lanes in debuggers.
    ///   - width: calls that run at the same time.
    ///   - runner: stands in for the lanes' threads, where somebody else decides what runs when.
    package init(label: String, width: Int, runner: Runner? = nil) {
        precondition(width > 0, "a pool needs a lane")
        lanes = (0..<width).map { runner ?? Self.thread("\(label).\($0)") }
        state = Mutex(State(idleLanes: Array((0..<width).reversed())))
    }

    private static func thread(_ label: String) -> Runner {
        let queue = DispatchQueue(label: label)
        return { job in queue.async { job() } }
    }

    /// Runs `body` on a lane, in the order of arrival. Not cut short when the task is cancelled.
    package func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: Result { () throws(Failure) -> Value in try body() }) }
        }
        return try result.get()
    }

    /// Runs `body` for each of `0 ..< count`, as many at a time as there are lanes. After a failure no more are begun;
    /// the first failure is thrown once all that run have ended.
    package func forEach<Failure: Error>(
        _ count: Int, _ body: @escaping @Sendable (Int) throws(Failure) -> Void
    ) async throws(Failure) {
        guard count > 0 else { return }
        let round = Round<Failure>(workers: min(count, lanes.count))
        await withCheckedContinuation { continuation in
            for _ in 0..<round.workers {
                submit {
                    round.work(count, body)
                    if round.isLast() { continuation.resume() }
                }
            }
        }
        if let failure = round.failure.withLock({ $0 }) { throw failure }
    }

    private func submit(_ job: @escaping Job) {
        let lane = state.withLock { state in
            if let lane = state.idleLanes.popLast() { return lane as Int? }
            state.waiting.append(job)
            return nil
        }
        guard let lane else { return }
        let run = lanes[lane]
        run {
            job()
            while let next = self.nextJob(orIdle: lane) { next() }
        }
    }

    private func nextJob(orIdle lane: Int) -> Job? {
        state.withLock { state in
            if let job = state.nextJob() { return job }
            state.idleLanes.append(lane)
            return nil
        }
    }
}

/// The state that the workers of one `forEach` share.
private final class Round<Failure: Error>: Sendable {
    let workers: Int
    let failure = Mutex<Failure?>(nil)
    private let next = Atomic(0)
    private let running: Atomic<Int>

    init(workers: Int) {
        self.workers = workers
        running = Atomic(workers)
    }

    func work(_ count: Int, _ body: (Int) throws(Failure) -> Void) {
        while failure.withLock({ $0 == nil }) {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            do {
                try body(index)
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
    }

    func isLast() -> Bool { running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
}
