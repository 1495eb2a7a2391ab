import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite(.timeLimit(.minutes(10))) struct WaitingTests {
    /// Waits until a condition holds that another task brings about.
    private func eventually(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    // MARK: ByteGate

    @Test func theGateBoundsWhatIsInside() async throws {
        let gate = ByteGate(capacity: 100)
        let inside = Shared((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<200 {
                let count = 1 + index % 60
                group.addTask {
                    try await gate.enter(count)
                    inside.withLock {
                        $0.now += count
                        $0.most = max($0.most, $0.now)
                    }
                    await Task.yield()
                    inside.withLock { $0.now -= count }
                    gate.leave(count)
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } <= 100)
        #expect(inside.withLock { $0.now } == 0)
        try await gate.enter(100)
    }

    @Test func somethingLargerThanTheGatePassesAlone() async throws {
        let gate = ByteGate(capacity: 10)
        try await gate.enter(1000)
        let second = Task { try await gate.enter(1) }
        for _ in 0..<20 { await Task.yield() }
        gate.leave(1000)
        try await second.value
        gate.leave(1)
        try await gate.enter(1000)
    }

    @Test func theGateLetsInFirstComeFirstServed() async throws {
        let gate = ByteGate(capacity: 10)
        try await gate.enter(10)
        let order = Shared<[Int]>([])
        let started = Shared(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<5 {
                group.addTask {
                    started.withLock { $0 += 1 }
                    // A large one waits in front: the small ones behind it must not pass it by.
                    try await gate.enter(index == 0 ? 10 : 1)
                    order.withLock { $0.append(index) }
                    gate.leave(index == 0 ? 10 : 1)
                }
                await eventually { started.withLock { $0 } == index + 1 }
                try await Task.sleep(for: .milliseconds(5))
            }
            gate.leave(10)
            try await group.waitForAll()
        }
        #expect(order.withLock { $0.first } == 0)
    }

    @Test func cancellingFreesTheQueueOfTheGate() async throws {
        let gate = ByteGate(capacity: 10)
        try await gate.enter(10)
        let waiting = Task { try await gate.enter(5) }
        for _ in 0..<20 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        gate.leave(10)
        try await gate.enter(10)
    }

    @Test func cancellingAWaiterInFrontLetsInThoseBehindIt() async throws {
        // The first waiter does not fit, the second would: once the first is gone, nothing holds the second back.
        let gate = ByteGate(capacity: 10)
        try await gate.enter(5)
        let large = Task { try await gate.enter(10) }
        try await Task.sleep(for: .milliseconds(20))
        let small = Task { try await gate.enter(5) }
        try await Task.sleep(for: .milliseconds(20))
        large.cancel()
        await #expect(throws: CancellationError.self) { try await large.value }
        try await small.value
    }

    @Test func aCancelledTaskDoesNotEnter() async throws {
        let gate = ByteGate(capacity: 10)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await gate.enter(10)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await gate.enter(10)
    }

    // MARK: WorkQueue

    @Test func theQueueKeepsItsOrder() async {
        let queue = WorkQueue<Int>()
        for item in 0..<100 { queue.put(item) }
        #expect(await queue.take(3) == [0, 1, 2])
        #expect(await queue.take() == [3])
        #expect(await queue.take(1000) == Array(4..<100))
        queue.close()
        #expect(await queue.take().isEmpty)
        queue.put(7)
        #expect(await queue.take().isEmpty)
    }

    @Test func whatIsLeftCanBeTakenAfterClosing() async {
        let queue = WorkQueue<Int>()
        queue.put(1)
        queue.close()
        #expect(await queue.take() == [1])
        #expect(await queue.take().isEmpty)
    }

    @Test func everyItemReachesOneTaker() async {
        let queue = WorkQueue<Int>()
        let taken = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var mine: [Int] = []
                    while true {
                        let items = await queue.take(2)
                        if items.isEmpty { return mine }
                        mine += items
                    }
                }
            }
            for item in 0..<2000 {
                queue.put(item)
                if item % 50 == 0 { await Task.yield() }
            }
            queue.close()
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.sorted() == Array(0..<2000))
    }

    @Test func closingWakesAllWhoWait() async {
        let queue = WorkQueue<Int>()
        let tasks = (0..<5).map { _ in Task { await queue.take() } }
        for _ in 0..<20 { await Task.yield() }
        queue.close()
        for task in tasks { #expect(await task.value.isEmpty) }
    }

    @Test func aCancelledTakerLosesNothing() async throws {
        for _ in 0..<50 {
            let queue = WorkQueue<Int>()
            let cancelled = Task { await queue.take() }
            await Task.yield()
            async let putting: Void = queue.put(1)
            cancelled.cancel()
            await putting
            queue.close()
            // Either the cancelled taker has it, or it is still there.
            let rest = await queue.take()
            #expect(await cancelled.value + rest == [1])
        }
    }

    // MARK: Promise

    private struct Broken: Error {}

    @Test func thePromiseTellsAllWhoWait() async throws {
        let promise = Promise<Int>()
        #expect(promise.current == nil)
        let tasks = (0..<5).map { _ in Task { try await promise.value() } }
        for _ in 0..<20 { await Task.yield() }
        promise.fulfil(.success(7))
        for task in tasks { #expect(try await task.value == 7) }
        #expect(try await promise.value() == 7)
        #expect(promise.current == 7)
    }

    @Test func theFirstResultCounts() async throws {
        let promise = Promise<Int>()
        promise.fulfil(.success(1))
        promise.fulfil(.success(2))
        promise.fulfil(.failure(Broken()))
        #expect(try await promise.value() == 1)
    }

    @Test func aBrokenPromiseThrows() async {
        let promise = Promise<Int>()
        let waiting = Task { try await promise.value() }
        promise.fulfil(.failure(Broken()))
        await #expect(throws: Broken.self) { try await waiting.value }
        await #expect(throws: Broken.self) { try await promise.value() }
        #expect(promise.current == nil)
    }

    @Test func cancellingAWaiterLeavesTheOthers() async throws {
        let promise = Promise<Int>()
        let cancelled = Task { try await promise.value() }
        let other = Task { try await promise.value() }
        for _ in 0..<20 { await Task.yield() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        promise.fulfil(.success(1))
        #expect(try await other.value == 1)
    }
}
