import Dispatch
import FoundationEssentials
import Glibc
import QuloudSystem

/// Asks the running daemon.
struct ControlClient: OperationService {
    private let socket: Int32

    /// `nil` when no daemon listens.
    init?(path: String) {
        guard let socket = try? ControlSocket.make() else { return nil }
        let connected = try? ControlSocket.withAddress(path) { connect(socket, $0, $1) }
        guard connected == 0 else {
            Glibc.close(socket)
            return nil
        }
        self.socket = socket
    }

    func perform(
        _ request: OperationRequest, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> OperationReport {
        let line = Array(try JSONEncoder().encode(request)) + [UInt8(ascii: "\n")]
        let socket = socket
        let reading = DispatchQueue(label: "quloud.control.client")
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                reading.async {
                    defer { Glibc.close(socket) }
                    continuation.resume(with: Result { try Self.converse(line, over: socket, emit: emit) })
                }
            }
        } onCancel: {
            // The daemon cancels the operation, and our reader ends.
            shutdown(socket, Int32(SHUT_RDWR))
        }
    }

    private static func converse(
        _ request: [UInt8], over socket: Int32, emit: (OperationEvent) -> Void
    ) throws -> OperationReport {
        let lost = OperationFailure(
            .failed, "the daemon ended before it answered",
            hint: "look at its log, start it again and repeat the command")
        guard ControlSocket.write(request, to: socket) else { throw lost }
        var reader = LineReader(socket, sizeMax: 64 << 20)
        while let line = reader.next() {
            guard let event = try? JSONDecoder().decode(OperationEvent.self, from: Data(line)) else { throw lost }
            switch event {
            case .done(let report): return report
            case .failed(let failure): throw failure
            case .progress, .note, .entries: emit(event)
            }
        }
        throw lost
    }
}
