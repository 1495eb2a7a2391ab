import QuloudCore
import QuloudTestKit
import Synchronization
import Testing

@Suite struct ManualTimeTests {
    @Test func sleepersWakeWhenTheirTimeHasCome() async throws {
        let time = ManualTime()
        let start = time.now
        let woken = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for seconds in [3, 1, 2] {
                tasks.addTask {
                    try await time.sleep(for: .seconds(seconds))
                    woken.continuation.yield(seconds)
                }
            }
            await time.waitForSleepers(3)
            var next = woken.stream.makeAsyncIterator()
            for expected in 1...3 {
                #expect(time.advanceToNextSleeper())
                #expect(await next.next() == expected)
            }
            #expect(!time.advanceToNextSleeper())
            try await tasks.waitForAll()
        }
        #expect(time.uptime == .seconds(3))
        #expect(time.now.since(start) == .seconds(3))
    }

    @Test func noTimeIsNoSleep() async throws {
        let time = ManualTime()
        try await time.sleep(for: .zero)
        try await time.sleep(for: .seconds(-1))
        #expect(time.sleeperCount == 0)
    }

    @Test func cancelledSleeperThrowsAtOnce() async throws {
        let time = ManualTime()
        let sleeper = Task { try await time.sleep(for: .seconds(5)) }
        await time.waitForSleepers(1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(time.sleeperCount == 0)
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await time.sleep(for: .seconds(5))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }

    @Test func correctedWallClockWakesNobody() async throws {
        let time = ManualTime()
        let sleeper = Task { try await time.sleep(for: .seconds(5)) }
        await time.waitForSleepers(1)
        time.setNow(Timestamp(seconds: 4_000_000_000))
        #expect(time.sleeperCount == 1)
        time.advance(by: .seconds(5))
        try await sleeper.value
        #expect(time.now == Timestamp(seconds: 4_000_000_005))
    }

    @Test func sameSeedGivesTheSameBytes() {
        let one = SeededEntropy(seed: 9)
        let two = SeededEntropy(seed: 9)
        #expect(one.bytes(100) == two.bytes(100))
        #expect(one.bytes(13) == two.bytes(13))
        #expect(one.bytes(32) != SeededEntropy(seed: 10).bytes(32))
        #expect(one.bytes(0).isEmpty)
    }
}
