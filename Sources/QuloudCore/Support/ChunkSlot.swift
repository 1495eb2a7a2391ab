import Synchronization

/// Where a chunk's reference appears once the chunk is sealed. Entries of the manifest wait for it.
package final class ChunkSlot: Sendable {
    private struct State {
        var result: ChunkRef??
        var nextID = 0
        var waiting: [Int: CheckedContinuation<ChunkRef?, Never>] = [:]
    }
    private let state = Mutex(State())

    package init() {}

    /// The reference, if it is there.
    package var ref: ChunkRef? { state.withLock { $0.result ?? nil } }

    /// Waits for the reference; `nil` when the work failed or the task is cancelled.
    package func value() async -> ChunkRef? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: ChunkRef?? = state.withLock { state in
                    if let result = state.result { return result }
                    if Task.isCancelled { return .some(nil) }
                    state.waiting[id] = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }

    /// `nil` tells that the chunk could not be sealed.
    package func resolve(_ ref: ChunkRef?) {
        let waiting = state.withLock { state in
            state.result = .some(ref)
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: ref) }
    }
}
