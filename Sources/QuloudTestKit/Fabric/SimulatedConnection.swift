package import QuloudCore
import Synchronization

/// One party's connection to a `SimulatedFabric`. It can be cut without the others noticing.
package final class SimulatedConnection: Sendable {
    let fabric: SimulatedFabric
    let party: NodeID?
    private let isCut = Mutex(false)

    init(_ fabric: SimulatedFabric, party: NodeID? = nil) {
        self.fabric = fabric
        self.party = party
    }

    /// From now on nothing comes through, as if this party's network were down; false mends it.
    package func setCut(_ cut: Bool) {
        isCut.withLock { $0 = cut }
        fabric.bell.ring()
    }

    var isUp: Bool { !isCut.withLock { $0 } && fabric.state.withLock { $0.reachable && !$0.closed } }

    func requireUp(_ operation: String) throws(FabricError) {
        guard !Task.isCancelled else { throw FabricError(.failed, "\(operation): cancelled") }
        guard isUp else { throw FabricError(.unreachable, "\(operation): the broker cannot be reached") }
    }

    /// Tries until there is a result, `wait` is over (`nil`), the task is cancelled or the connection is gone.
    func poll<Value>(
        _ operation: String, for wait: Duration,
        _ attempt: (inout SimulatedFabric.State, _ now: Duration) -> (value: Value?, retryAt: Duration?)
    ) async throws(FabricError) -> Value? {
        let end = fabric.time.uptime + wait
        while true {
            let seen = fabric.bell.rings
            try requireUp(operation)
            let now = fabric.time.uptime
            let (value, retryAt) = fabric.state.withLock { attempt(&$0, now) }
            if let value { return value }
            guard now < end else { return nil }
            let next = min(end, max(retryAt ?? end, now + .milliseconds(1)))
            await fabric.bell.wait(after: seen, atMost: next - now, by: fabric.time)
        }
    }

    func enqueue(
        _ crossing: Crossing, into queue: SimulatedFabric.QueueName, _ operation: String
    ) throws(FabricError) {
        let arrival = fabric.cross(crossing)
        fabric.change { state in
            for _ in 0..<arrival.copies {
                let message = SimulatedFabric.Message(
                    id: state.number(), payload: arrival.bytes, notBefore: fabric.time.uptime + arrival.delay)
                state.queues[queue, default: []].append(message)
            }
        }
        guard arrival.isConfirmed else { throw FabricError(.timeout, "\(operation): not confirmed") }
    }

    func take(
        _ operation: String, from queue: SimulatedFabric.QueueName, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        let taken = try await poll(operation, for: wait) { state, now -> (value: [Delivery]?, retryAt: Duration?) in
            guard var messages = state.queues[queue], limit > 0 else { return (nil, nil) }
            var deliveries: [Delivery] = []
            for index in messages.indices where messages[index].notBefore <= now && deliveries.count < limit {
                messages[index].attempt += 1
                messages[index].notBefore = now + state.rules.redeliverAfter
                let message = messages[index]
                deliveries.append(
                    Delivery(payload: message.payload, attempt: message.attempt, token: String(message.id)))
            }
            state.queues[queue] = messages
            guard deliveries.isEmpty else { return (deliveries, nil) }
            return (nil, messages.map(\.notBefore).min())
        }
        return taken ?? []
    }

    package func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError) {
        try requireUp("settle \(deliveries.count) deliveries")
        let settled = Set(deliveries.map(\.token))
        let now = fabric.time.uptime
        fabric.change { state in
            for (name, messages) in state.queues {
                guard messages.contains(where: { settled.contains(String($0.id)) }) else { continue }
                switch settlement {
                case .done:
                    let left = messages.filter { !settled.contains(String($0.id)) }
                    state.queues[name] = left.isEmpty ? nil : left
                case .later(let delay): state.hold(settled, in: name, until: now + delay)
                case .working: state.hold(settled, in: name, until: now + state.rules.redeliverAfter)
                }
            }
        }
    }
}

extension SimulatedFabric.State {
    fileprivate mutating func hold(_ tokens: Set<String>, in name: SimulatedFabric.QueueName, until moment: Duration) {
        guard var messages = queues[name] else { return }
        for index in messages.indices where tokens.contains(String(messages[index].id)) {
            messages[index].notBefore = moment
        }
        queues[name] = messages
    }
}
