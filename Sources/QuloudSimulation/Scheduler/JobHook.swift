import Glibc
import Synchronization

/// Where the concurrency runtime hands its jobs to: the scheduler of the world that runs now, instead of the pool of
/// threads. Every task and every default actor of the process goes through here.
enum JobHook {
    static let current = Mutex<Scheduler?>(nil)

    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Global = @convention(thin) (UnownedJob, Original) -> Void
    private typealias OriginalDelayed = @convention(thin) (UInt64, UnownedJob) -> Void
    private typealias Delayed = @convention(thin) (UInt64, UnownedJob, OriginalDelayed) -> Void

    /// Returns false when the runtime has no such hooks. Nothing else may run tasks in this process afterwards.
    static func install() -> Bool {
        guard let global = symbol("swift_task_enqueueGlobal_hook"),
            let main = symbol("swift_task_enqueueMainExecutor_hook"),
            let delayed = symbol("swift_task_enqueueGlobalWithDelay_hook")
        else { return false }
        global.assumingMemoryBound(to: Global?.self).pointee = { job, _ in JobHook.enqueue(job) }
        main.assumingMemoryBound(to: Global?.self).pointee = { job, _ in JobHook.enqueue(job) }
        delayed.assumingMemoryBound(to: Delayed?.self).pointee = { _, job, _ in JobHook.enqueueEscaped(job) }
        return true
    }

    private static func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(nil, name) }

    private static func enqueue(_ job: UnownedJob) { current.withLock { $0 }?.enqueue(job) }

    /// Somebody waits by the real clock: that cannot be replayed.
    private static func enqueueEscaped(_ job: UnownedJob) {
        guard let scheduler = current.withLock({ $0 }) else { return }
        scheduler.noteRealTime()
        scheduler.enqueue(job)
    }
}
