import QuloudSystem

/// Runs an actor that blocks in a world's order, instead of on a queue of its own.
final class SimulatedExecutor: SerialExecutor {
    private let scheduler: Scheduler

    init(_ scheduler: Scheduler) { self.scheduler = scheduler }

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(UnownedJob(job), on: asUnownedSerialExecutor())
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

extension World {
    /// Stands in for the threads that calls block on: each call is a task, now and then after a while.
    var blockingRunner: BlockingPool.Runner {
        { [scheduler, plot] job in
            let pause = plot { draw in draw.chance(0.15) ? draw.milliseconds(1...200) : .zero }
            Task {
                if pause > .zero { try? await scheduler.sleep(for: pause) }
                job()
            }
        }
    }
}
