import Synchronization

/// Bounds the bytes in flight: `enter` waits until there is room. First come, first served; one item larger than the
/// whole gate passes alone.
package final class ByteGate: Sendable {
    private struct State {
        var inside = 0
        var nextID: UInt64 = 0
        var waiting: [Waiter] = []
    }
    private struct Waiter {
        let id: UInt64
        let count: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    package func enter(_ count: Int) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let resumed: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.waiting.isEmpty, fits(count, state) {
                        state.inside += count
                        return .success(())
                    }
                    state.waiting.append(Waiter(id: id, count: count, continuation: continuation))
                    return nil
                }
                if let resumed { continuation.resume(with: resumed) }
            }
        } onCancel: {
            let (waiter, admitted) = state.withLock { state -> (Waiter?, [Waiter]) in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else { return (nil, []) }
                // It may have been all that held back those behind it.
                return (state.waiting.remove(at: index), admit(&state))
            }
            waiter?.continuation.resume(throwing: CancellationError())
            for waiter in admitted { waiter.continuation.resume() }
        }
    }

    package func leave(_ count: Int) {
        let admitted = state.withLock { state in
            state.inside -= count
            return admit(&state)
        }
        for waiter in admitted { waiter.continuation.resume() }
    }

    /// Takes those out of the queue for whom there is room now.
    private func admit(_ state: inout State) -> [Waiter] {
        var admitted: [Waiter] = []
        while let first = state.waiting.first, fits(first.count, state) {
            state.inside += first.count
            admitted.append(state.waiting.removeFirst())
        }
        return admitted
    }

    private func fits(_ count: Int, _ state: State) -> Bool { state.inside == 0 || state.inside + count <= capacity }
}
