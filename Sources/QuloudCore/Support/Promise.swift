import Synchronization

/// A value that comes later, awaited by any number of tasks. Cancelling a waiter ends its wait.
package final class Promise<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, any Error>?
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
    }
    private let state = Mutex(State())

    package init() {}

    /// The value, if it is there.
    package var current: Value? { state.withLock { try? $0.result?.get() } }

    /// The first result counts; later ones are ignored.
    package func fulfil(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state in
            guard state.result == nil else { return state.waiting }
            state.result = result
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(with: result) }
    }

    package func value() async throws -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready = state.withLock { state -> Result<Value, any Error>? in
                    if let result = state.result { return result }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }
}

/// Where a chunk's reference appears once the chunk is sealed. Entries of the manifest wait for it.
package typealias ChunkSlot = Promise<ChunkRef>
