import Synchronization

/// Lets one task at a time change what is known of a holding: each change is read, decide, write, and must not undo
/// another's. In order of arrival; changes of different holdings run side by side.
package final class HoldingLocks: Sendable {
    private struct Waiter {
        let keys: Set<HoldingKey>
        let continuation: CheckedContinuation<Void, Never>
    }
    private struct State {
        var taken: Set<HoldingKey> = []
        var waiting: [Waiter] = []
    }
    private let state = Mutex(State())

    package init() {}

    /// Runs `work` while no other change of any of `keys` runs. Not to be nested. Cancelling does not end the wait: the
    /// changes waited for are short.
    package func changing<Value: Sendable>(
        _ keys: Set<HoldingKey>, _ work: () async throws -> Value
    ) async rethrows -> Value {
        await take(keys)
        defer { giveBack(keys) }
        return try await work()
    }

    private func take(_ keys: Set<HoldingKey>) async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                let before = state.waiting.contains { !$0.keys.isDisjoint(with: keys) }
                guard !before, state.taken.isDisjoint(with: keys) else {
                    state.waiting.append(Waiter(keys: keys, continuation: continuation))
                    return false
                }
                state.taken.formUnion(keys)
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func giveBack(_ keys: Set<HoldingKey>) {
        let next = state.withLock { state in
            state.taken.subtract(keys)
            var blocked = state.taken
            var admitted: [Waiter] = []
            var left: [Waiter] = []
            for waiter in state.waiting {
                if blocked.isDisjoint(with: waiter.keys) {
                    state.taken.formUnion(waiter.keys)
                    admitted.append(waiter)
                } else {
                    left.append(waiter)
                }
                blocked.formUnion(waiter.keys)
            }
            state.waiting = left
            return admitted
        }
        for waiter in next { waiter.continuation.resume() }
    }
}
