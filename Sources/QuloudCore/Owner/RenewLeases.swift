/// Extends leases before they end, in batches; replicas whose lease ended unrenewed are lost.
package struct RenewLeases: Sendable {
    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// Renews what ends within half a lease. Returns how many were renewed.
    package func run() async throws -> Int {
        let now = context.time.now
        var renewed = 0
        let ending = try await context.catalog.replicasExpiring(
            before: now.advanced(by: context.settings.lease / 2), limit: 4096)
        for (node, replicas) in Dictionary(grouping: ending, by: \.node) {
            for start in stride(from: 0, to: replicas.count, by: 256) {
                try Task.checkCancellation()
                let batch = Array(replicas[start..<min(start + 256, replicas.count)])
                let done = Set((try? await NodeRequests(context).renew(batch.map(\.chunk), at: node)) ?? [])
                let current = try await asTheyAre(batch)
                try await context.catalog.update(current.map { outcome($0, isRenewed: done.contains($0.chunk), now) })
                renewed += done.count
            }
        }
        return renewed
    }

    /// The replicas of the batch that still count: an audit may have judged some while the node was asked.
    private func asTheyAre(_ batch: [Replica]) async throws -> [Replica] {
        let all = try await context.catalog.replicas(of: batch.map(\.chunk))
        return batch.compactMap { old in
            all[old.chunk]?.first { $0.node == old.node && $0.state.counts }
        }
    }

    private func outcome(_ replica: Replica, isRenewed: Bool, _ now: Timestamp) -> Replica {
        var changed = replica
        if isRenewed {
            changed.leaseUntil = now.advanced(by: context.settings.lease)
        } else if replica.leaseUntil < now {
            changed.state = .lost(.expired, at: now)
        }
        return changed
    }
}
