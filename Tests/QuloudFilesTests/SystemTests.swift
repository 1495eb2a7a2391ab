import Glibc
import QuloudCore
import QuloudSystem
import Synchronization
import Testing

@testable import QuloudFiles

@Suite struct SystemTimeTests {
    @Test func theClocksAreTheSystems() {
        let time = SystemTime()
        #expect(abs(time.now.seconds - Int64(Glibc.time(nil))) <= 2)
        let first = time.uptime
        #expect(first > .zero)
        #expect(time.uptime >= first)
    }

    @Test func sleepEndsWithItsTask() async {
        let sleeper = Task { try await SystemTime().sleep(for: .seconds(3600)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test func entropyGivesAsManyBytesAsAskedFor() {
        let entropy = SystemEntropy()
        #expect(entropy.bytes(0).isEmpty)
        #expect(entropy.bytes(1000).count == 1000)
        #expect(entropy.bytes(32) != entropy.bytes(32))
    }
}

@Suite struct BlockingPoolTests {
    private struct Refused: Error, Equatable { let index: Int }

    @Test func valuesAndErrorsComeBack() async throws {
        let pool = BlockingPool(label: "test", width: 2)
        #expect(await pool.run { 7 } == 7)
        await #expect(throws: Refused(index: 1)) {
            try await pool.run { () throws(Refused) -> Int in throw Refused(index: 1) }
        }
    }

    @Test func manyCallsOnFewLanesAllRunAndNeverMoreAtOnce() async {
        let pool = BlockingPool(label: "test", width: 3)
        let running = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5000 {
                group.addTask {
                    await pool.run {
                        running.enter()
                        running.leave()
                    }
                }
            }
        }
        #expect(running.done == 5000)
        #expect(running.most <= 3)
    }

    @Test func forEachVisitsEveryIndexOnceAndStopsAtAFailure() async throws {
        let pool = BlockingPool(label: "test", width: 4)
        let seen = Tally()
        await pool.forEach(100) { index in seen.see(index) }
        #expect(seen.seen.sorted() == Array(0..<100))
        let begun = Tally()
        await #expect(throws: Refused(index: 3)) {
            try await pool.forEach(10_000) { (index) throws(Refused) in
                begun.see(index)
                if index == 3 { throw Refused(index: index) }
            }
        }
        // Those under way may end, but not all the others begin.
        #expect(begun.seen.count < 10_000)
        await pool.forEach(0) { _ in }
    }

    /// A lane for each blocking call, at once: all of these wait for one another.
    @Test func lanesDoNotWaitForBlockedOnes() async {
        let pool = BlockingPool(label: "test", width: 8)
        let barrier = Barrier(8)
        await pool.forEach(8) { _ in barrier.wait() }
    }
}

private final class Tally: Sendable {
    private let state = Mutex((now: 0, most: 0, done: 0, seen: [Int]()))
    func enter() {
        state.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }
    func leave() {
        state.withLock {
            $0.now -= 1
            $0.done += 1
        }
    }
    func see(_ index: Int) { state.withLock { $0.seen.append(index) } }
    var most: Int { state.withLock { $0.most } }
    var done: Int { state.withLock { $0.done } }
    var seen: [Int] { state.withLock { $0.seen } }
}

private final class Barrier: @unchecked Sendable {
    // SAFETY: the barrier is made for being shared between threads.
    private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)
    init(_ count: UInt32) { pthread_barrier_init(barrier, nil, count) }
    func wait() { pthread_barrier_wait(barrier) }
    deinit {
        pthread_barrier_destroy(barrier)
        barrier.deallocate()
    }
}
