import Dispatch

/// Runs an actor's jobs on one serial dispatch queue, so that its blocking C calls never hold a thread of Swift's pool.
package final class SerialQueueExecutor: SerialExecutor {
    /// The queue itself, for callers that have to reach it from a C callback.
    package let queue: DispatchQueue

    /// - Parameter label: names the queue in debuggers.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
