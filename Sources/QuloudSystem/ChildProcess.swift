import CSystem
import Dispatch
import Glibc
import Synchronization

/// A child process that the kernel kills when this process dies, however it dies.
package final class ChildProcess: Sendable {
    /// How a child ended.
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    /// The child could not be started: the program and the system's reason (`errno`).
    package struct SpawnError: Error, CustomStringConvertible {
        package let program: String
        package let code: Int32

        package var description: String {
            "start \(program): \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
        }
    }

    private struct State {
        var exit: Exit?
        var waiters: [CheckedContinuation<Exit, Never>] = []
    }

    /// The process id. It may belong to somebody else once the child has ended: signal through `signal(_:)` only.
    package let id: pid_t
    private let state = Mutex(State())

    private init(id: pid_t) {
        self.id = id
    }

    /// Starts a program; its standard output and error go to `output`, which stays the caller's to close.
    package static func spawn(
        _ program: String, _ arguments: [String], environment: [String] = [], output: Int32
    ) async throws(SpawnError) -> ChildProcess {
        let id = await withCheckedContinuation { continuation in
            SpawnThread.shared.run {
                continuation.resume(returning: start(program, arguments, environment, output))
            }
        }
        guard id > 0 else { throw SpawnError(program: program, code: -id) }
        let child = ChildProcess(id: id)
        // A thread of its own, since waiting blocks for the child's whole life.
        DispatchQueue(label: "quloud.child.\(id)").async { child.reap() }
        return child
    }

    /// Waits for the end; returns at once when it has come already.
    package func wait() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// How it ended, or nil while it runs.
    package var exit: Exit? { state.withLock { $0.exit } }

    /// Sends a signal, unless the child has ended.
    package func signal(_ number: Int32) {
        // The lock keeps the child from being reaped, and its number from being reused, in between.
        state.withLock { if $0.exit == nil { kill(id, number) } }
    }

    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(id), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let (exit, waiters) = state.withLock { state in
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            let exit: Exit = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
            state.exit = exit
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    private static func start(
        _ program: String, _ arguments: [String], _ environment: [String], _ output: Int32
    ) -> pid_t {
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        defer { for text in argv + envp { free(text) } }
        argv.append(nil)
        envp.append(nil)
        return quloud_spawn(program, argv, envp, output)
    }
}

/// The one thread that starts children. "Die with the parent" means the parent's *thread*, so this one never ends.
private final class SpawnThread: Sendable {
    static let shared = SpawnThread()

    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let ready = DispatchSemaphore(value: 0)

    private init() {
        var thread = pthread_t()
        let closure = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { closure in
                guard let closure else { return nil }
                Unmanaged<SpawnThread>.fromOpaque(closure).takeUnretainedValue().loop()
            }, closure)
        pthread_detach(thread)
    }

    func run(_ job: @escaping @Sendable () -> Void) {
        jobs.withLock { $0.append(job) }
        ready.signal()
    }

    private func loop() -> Never {
        while true {
            ready.wait()
            jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }?()
        }
    }
}
