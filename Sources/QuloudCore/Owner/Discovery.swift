import Synchronization

/// Finds out which holders are there. There is no list of peers: every node that hears the question may answer.
package struct Discovery: Sendable {
    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// Announcements with valid signatures, one for each node, this daemon's own left out; most free space first.
    package func holders(within patience: Duration? = nil) async throws(FabricError) -> [Announcement] {
        let found = Mutex<[Announcement]>([])
        try await listen(patience) { one in found.withLock { $0.append(one) } }
        return Self.sorted(found.withLock { $0 })
    }

    /// The same, and does not wait any longer once all of `expected` have answered, unless there are none.
    func holders(expecting expected: Set<NodeID>, within patience: Duration?) async throws -> [Announcement] {
        guard !expected.isEmpty else { return try await holders(within: patience) }
        let found = Mutex<[Announcement]>([])
        let areHere = Promise<Void>()
        let listening = Task {
            do {
                try await listen(patience) { one in
                    let missing = found.withLock { found in
                        found.append(one)
                        return expected.subtracting(found.map(\.node))
                    }
                    if missing.isEmpty { areHere.fulfil(.success(())) }
                }
                areHere.fulfil(.success(()))
            } catch {
                areHere.fulfil(.failure(error))
            }
        }
        defer { listening.cancel() }
        try await areHere.value()
        return Self.sorted(found.withLock { $0 })
    }

    private static func sorted(_ found: [Announcement]) -> [Announcement] {
        found.sorted { ($0.freeBytes, $0.node) > ($1.freeBytes, $1.node) }
    }

    private func listen(
        _ patience: Duration?, _ each: @Sendable (Announcement) -> Void
    ) async throws(FabricError) {
        let nonce = context.entropy.bytes(RequestContext.nonceCount)
        let now = context.time.now
        let (ownNode, heard) = (context.ownNode, Heard<NodeID>())
        _ = try await context.fabric.askAll(
            .announce, patience: patience ?? context.settings.placement.discovery, limit: 1024
        ) { address in
            let head = RequestContext(
                node: nil, returnAddress: address, nonce: nonce, issued: now,
                expires: now.advanced(by: Limits.requestValidity))
            return OpenRequest(.announceRequest, context: head).encoded
        } accept: { answer -> Announcement? in
            guard let announcement = try? Announcement.verified(answer, nonce: nonce), announcement.node != ownNode,
                heard.isNew(announcement.node)
            else { return nil }
            each(announcement)
            return announcement
        }
    }
}

extension Announcement {
    package func known(at moment: Timestamp) -> KnownNode {
        KnownNode(id: node, agreementKey: agreementKey, label: label, lastSeen: moment)
    }
    /// Has room for at least a few chunks.
    package var takesChunks: Bool { freeBytes >= Int64(4 * Limits.sealedChunkSizeMax) }
}
