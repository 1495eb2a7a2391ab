import Synchronization

/// Hands items from one task to others, in order. What goes in is bounded by whoever puts it in (`ByteGate`).
package final class WorkQueue<Item: Sendable>: Sendable {
    private struct State {
        /// Those before `first` are taken.
        private var items: [Item?] = []
        private var first = 0
        var closed = false
        var nextID: UInt64 = 0
        var waiting: [(id: UInt64, limit: Int, continuation: CheckedContinuation<[Item], Never>)] = []

        mutating func append(_ item: Item) { items.append(item) }

        /// Moves what is left to the front only now and then: moving it each time would cost more than all else.
        mutating func take(_ limit: Int) -> [Item] {
            let range = first..<min(first + limit, items.count)
            let taken = range.compactMap { items[$0] }
            for index in range { items[index] = nil }
            first = range.upperBound
            if first == items.count || first >= 256 {
                items.removeFirst(first)
                first = 0
            }
            return taken
        }
    }
    private let state = Mutex(State())

    package init() {}

    package func put(_ item: Item) {
        let waiter = state.withLock { state -> CheckedContinuation<[Item], Never>? in
            guard !state.closed else { return nil }
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().continuation }
            state.append(item)
            return nil
        }
        waiter?.resume(returning: [item])
    }

    /// No more items: whoever waits, and whoever comes when all are taken, gets none.
    package func close() {
        let waiting = state.withLock { state in
            state.closed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(returning: []) }
    }

    /// At least one item, at most `limit`, in order; none once the queue is closed and empty, or the task is cancelled.
    package func take(_ limit: Int = 1) async -> [Item] {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> [Item]? in
                    let taken = state.take(limit)
                    if !taken.isEmpty { return taken }
                    if state.closed || Task.isCancelled { return [] }
                    state.waiting.append((id, limit, continuation))
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
            }
            waiter?.resume(returning: [])
        }
    }
}
