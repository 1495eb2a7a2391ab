import Dispatch
import FoundationEssentials
import Glibc
import QuloudSystem
import Synchronization

/// Serves commands of the same user on the control socket: one JSON line asks, JSON lines answer until the last.
/// A command that goes away cancels its operation.
final class ControlServer: Sendable {
    private let socket: Int32
    private let path: String
    private let service: any OperationService
    private let logger: Logger
    private let accepting = DispatchQueue(label: "quloud.control")
    // SAFETY: a constant; a Dispatch source may be cancelled from any thread.
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private let running = Mutex<[Int: Task<Void, Never>]>([:])
    private let nextID = Atomic(0)
    private static let clientsMax = 16

    /// Takes the place of a socket that a crash left behind: the caller holds the lock on the directory.
    init(path: String, service: any OperationService, logger: Logger) throws {
        self.path = path
        self.service = service
        self.logger = logger
        unlink(path)
        let socket = try ControlSocket.make()
        self.socket = socket
        // The file of the socket takes over these permissions. Not by umask: that is the whole process's, and directories that
        // other threads or the broker make meanwhile could not be entered.
        let isPrivate = fchmod(socket, 0o600) == 0
        let bound = try ControlSocket.withAddress(path) { bind(socket, $0, $1) }
        guard isPrivate, bound == 0, listen(socket, 16) == 0 else {
            let code = errno
            Glibc.close(socket)
            throw OperationFailure(
                .failed, "cannot listen on \(path): \(String(cString: strerror(code)))",
                hint: "check the permissions of the data directory")
        }
        source = DispatchSource.makeReadSource(fileDescriptor: socket, queue: accepting)
        source.setEventHandler { @Sendable [weak self] in self?.acceptOne() }
        source.setCancelHandler { @Sendable in _ = Glibc.close(socket) }
        source.resume()
    }

    /// No more commands; the socket is gone.
    func close() {
        source.cancel()
        unlink(path)
        for task in running.withLock({ $0.values }) { task.cancel() }
    }

    /// Waits until the operations under way have ended.
    func drain() async {
        close()
        for task in running.withLock({ Array($0.values) }) { await task.value }
    }

    private func acceptOne() {
        let client = accept(socket, nil, nil)
        guard client >= 0 else { return }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        let id = nextID.add(1, ordering: .relaxed).newValue
        // Made under the lock: a task that ended before it was noted would be counted for ever.
        running.withLock { running in
            let task = Task { [self] in
                await serve(client)
                self.running.withLock { _ = $0.removeValue(forKey: id) }
            }
            running[id] = task
            if running.count > Self.clientsMax { task.cancel() }
        }
    }

    private func serve(_ client: Int32) async {
        let connection = ControlConnection(client)
        defer { connection.close() }
        guard let line = await connection.readRequest() else { return }
        let decoder = JSONDecoder()
        guard let request = try? decoder.decode(OperationRequest.self, from: Data(line)) else {
            let failure = OperationFailure(
                .failed, "the running daemon does not understand this command",
                hint: "the daemon and the command are of different versions: restart the daemon")
            return connection.send(.failed(failure), isLast: true)
        }
        let work = Task { [service] in
            try await service.perform(request) { connection.send($0, isLast: false) }
        }
        connection.onDisconnect { work.cancel() }
        await withTaskCancellationHandler {
            do {
                connection.send(.done(try await work.value), isLast: true)
            } catch let failure as OperationFailure {
                connection.send(.failed(failure), isLast: true)
            } catch {
                connection.send(
                    .failed(OperationFailure(.interrupted, "interrupted", hint: "run it again: it goes on from here")),
                    isLast: true)
            }
        } onCancel: {
            work.cancel()
        }
        await connection.flush()
    }
}

/// One command's connection. Events are written in order; progress that a slow reader cannot take is left out.
private final class ControlConnection: Sendable {
    private let socket: Int32
    private let writing = DispatchQueue(label: "quloud.control.write")
    private let reading = DispatchQueue(label: "quloud.control.read")
    private let waiting = Atomic(0)
    private let broken = Atomic(false)

    init(_ socket: Int32) {
        self.socket = socket
        ControlSocket.setTimeout(socket, SO_RCVTIMEO, seconds: 10)
        ControlSocket.setTimeout(socket, SO_SNDTIMEO, seconds: 10)
    }

    func readRequest() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                reading.async { [socket] in
                    var reader = LineReader(socket, sizeMax: ControlSocket.requestSizeMax)
                    continuation.resume(returning: reader.next())
                }
            }
        } onCancel: {
            // A client that says nothing must not hold up the end.
            shutdown(socket, Int32(SHUT_RD))
        }
    }

    /// Calls `action` once when the other side hangs up.
    func onDisconnect(_ action: @escaping @Sendable () -> Void) {
        reading.async { [socket] in
            ControlSocket.setTimeout(socket, SO_RCVTIMEO, seconds: 0)
            var byte: UInt8 = 0
            while true {
                let count = recv(socket, &byte, 1, 0)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                return action()
            }
        }
    }

    func send(_ event: OperationEvent, isLast: Bool) {
        if case .progress = event, waiting.load(ordering: .relaxed) > 8 { return }
        let encoder = JSONEncoder()
        guard let data = try? encoder.encode(event) else { return }
        waiting.add(1, ordering: .relaxed)
        writing.async { [self] in
            defer { waiting.subtract(1, ordering: .relaxed) }
            guard !broken.load(ordering: .relaxed) else { return }
            if !ControlSocket.write(Array(data) + [UInt8(ascii: "\n")], to: socket) {
                broken.store(true, ordering: .relaxed)
                shutdown(socket, Int32(SHUT_RDWR))
            }
        }
    }

    func flush() async {
        await withCheckedContinuation { continuation in writing.async { continuation.resume() } }
    }

    /// Ends the reader too, and closes when both queues are done with the socket.
    func close() {
        shutdown(socket, Int32(SHUT_RDWR))
        reading.async { [self] in writing.async { [self] in _ = Glibc.close(socket) } }
    }
}
