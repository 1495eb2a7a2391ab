import Synchronization

/// Nonces of requests that were answered, for as long as their requests are valid. Full of valid ones, it refuses: a
/// flood costs the flooder's targets time, not safety.
package final class ReplayCache: Sendable {
    private struct State {
        var seen: [[UInt8]: Timestamp] = [:]
        var sweepAt = 0
        var sweptAt = Timestamp(milliseconds: .min)
    }
    private let state = Mutex(State())
    private let capacity: Int

    package init(capacity: Int = 200_000) { self.capacity = capacity }

    /// Remembers the request; throws `.replayed` when it was seen, or when there is no room to tell.
    package func admit(_ context: RequestContext, now: Timestamp) throws(MessageError) {
        let admitted = state.withLock { state -> Bool in
            // A full one is swept again and again, or it would stay full of what has long expired; but not for every request.
            let isDue = state.seen.count >= min(capacity, max(1024, state.sweepAt))
            if isDue, state.seen.count < capacity || now.since(state.sweptAt) >= .seconds(1) {
                state.sweptAt = now
                let oldest = now.advanced(by: .zero - Limits.clockSkew)
                state.seen = state.seen.filter { $0.value > oldest }
                state.sweepAt = state.seen.count * 2
            }
            guard state.seen.count < capacity, state.seen[context.nonce] == nil else { return false }
            state.seen[context.nonce] = context.expires
            return true
        }
        guard admitted else { throw .replayed }
    }
}
