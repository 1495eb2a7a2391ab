/// Removes what nobody has a claim on any more: ended leases and emptied trash. First marked in the index, then unlinked,
/// then forgotten: a crash in between leaves nothing that is vouched for but missing.
package struct ExpireLeases: Sendable {
    private let context: HolderContext

    package init(_ context: HolderContext) { self.context = context }

    /// Returns how many were removed.
    package func sweep() async throws -> Int {
        var removed = 0
        while !Task.isCancelled {
            let now = context.time.now
            let expired = try await context.index.expired(before: now, limit: 256)
            guard !expired.isEmpty else { break }
            removed += try await context.changes.changing(Set(expired.map(\.key))) {
                // Some may have been renewed, or stored anew, before it was this one's turn.
                let current = try await context.index.holdings(of: expired.map(\.chunk)).values.joined()
                let ended = Dictionary(expired.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
                return try await remove(current.filter { ended[$0.key] == $0 }, now)
            }
        }
        return removed
    }

    private func remove(_ ended: [Holding], _ now: Timestamp) async throws -> Int {
        let marked = ended.filter { $0.state == .stored }.map { holding in
            var trashed = holding
            trashed.state = .trashed
            trashed.trashedUntil = now
            return trashed
        }
        if !marked.isEmpty { try await context.index.commit(marked) }
        try await context.blobs.remove(ended.map(\.key))
        try await context.index.remove(ended.map(\.key))
        return ended.count
    }
}
