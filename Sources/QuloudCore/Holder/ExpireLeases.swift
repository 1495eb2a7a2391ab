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
            let marked = expired.filter { $0.state == .stored }.map { holding in
                var trashed = holding
                trashed.state = .trashed
                trashed.trashedUntil = now
                return trashed
            }
            if !marked.isEmpty { try await context.index.commit(marked) }
            try await context.blobs.remove(expired.map(\.key))
            try await context.index.remove(expired.map(\.key))
            removed += expired.count
        }
        return removed
    }
}
