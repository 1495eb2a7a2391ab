/// Finds out which holders are there. There is no list of peers: every node that hears the question may answer.
package struct Discovery: Sendable {
    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// Announcements with valid signatures, one for each node, this daemon's own left out; most free space first.
    package func holders(within patience: Duration? = nil) async throws(FabricError) -> [Announcement] {
        let nonce = context.entropy.bytes(RequestContext.nonceCount)
        let now = context.time.now
        let (ownNode, heard) = (context.ownNode, Heard<NodeID>())
        let found = try await context.fabric.askAll(
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
            return announcement
        }
        return found.sorted { ($0.freeBytes, $0.node) > ($1.freeBytes, $1.node) }
    }
}

extension Announcement {
    package func known(at moment: Timestamp) -> KnownNode {
        KnownNode(id: node, agreementKey: agreementKey, label: label, lastSeen: moment)
    }
    /// Has room for at least a few chunks.
    package var takesChunks: Bool { freeBytes >= Int64(4 * Limits.sealedChunkSizeMax) }
}
