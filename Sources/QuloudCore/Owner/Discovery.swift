/// Finds out which holders are there. There is no list of peers: every node that hears the question may answer.
package struct Discovery: Sendable {
    private let context: OwnerContext
    private let patience: Duration

    /// - Parameter patience: how long it listens; as the settings say if not given.
    package init(_ context: OwnerContext, patience: Duration? = nil) {
        self.context = context
        self.patience = patience ?? context.settings.placement.discovery
    }

    /// Announcements with valid signatures, one for each node, this daemon's own left out; most free space first.
    /// - Parameters:
    ///   - expected: it ends as soon as all of these have answered; without any it listens for the whole time.
    ///   - first: gets those with room as soon as there are `quorum` of them.
    package func holders(
        expecting expected: Set<NodeID> = [], quorum: Int = .max,
        first: @escaping @Sendable ([Announcement]) async -> Void = { _ in }
    ) async throws -> [Announcement] {
        let found = Gathered<Announcement>()
        let areHere = Promise<Void>()
        let listening = Task {
            do {
                try await listen { one in
                    let all = found.add(one)
                    let takers = all.filter(\.takesChunks)
                    if one.takesChunks, takers.count == quorum { Task { await first(Self.sorted(takers)) } }
                    if !expected.isEmpty, expected.isSubset(of: all.map(\.node)) { areHere.fulfil(.success(())) }
                }
                areHere.fulfil(.success(()))
            } catch {
                areHere.fulfil(.failure(error))
            }
        }
        defer { listening.cancel() }
        try await areHere.value()
        return Self.sorted(found.all)
    }

    /// The nodes that were here lately, if there are enough of them: when all of them have answered, waiting for others would
    /// only cost time. Who is new and slow is met by the daemon, which looks around every hour.
    func expected() async throws -> Set<NodeID> {
        let lately = context.time.now.advanced(by: .zero - .seconds(3 * 86_400))
        let nodes = try await context.catalog.nodes().filter { $0.lastSeen > lately && $0.id != context.ownNode }
        return nodes.count >= context.settings.quorum ? Set(nodes.map(\.id)) : []
    }

    private static func sorted(_ found: [Announcement]) -> [Announcement] {
        found.sorted { ($0.freeBytes, $0.node) > ($1.freeBytes, $1.node) }
    }

    private func listen(_ each: @Sendable (Announcement) -> Void) async throws(FabricError) {
        let nonce = context.entropy.bytes(RequestContext.nonceCount)
        let now = context.time.now
        let (ownNode, heard) = (context.ownNode, Heard<NodeID>())
        _ = try await context.fabric.askAll(.announce, patience: patience, limit: 1024) { address in
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
