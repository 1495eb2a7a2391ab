import QuloudCrypto
import Synchronization

package struct ChunkUnavailable: Error, Sendable, Equatable {
    package let chunk: ChunkID
    /// Nodes that were asked, and how they failed.
    package let attempts: [String]
}

/// Gets sealed chunks back from holders. What comes is checked against its id before anything looks at it; what is
/// missing, wrong or slow is asked of the next holder.
package struct ChunkFetcher: Sendable {
    private let context: OwnerContext
    private let requests: NodeRequests

    package init(_ context: OwnerContext) {
        self.context = context
        requests = NodeRequests(context)
    }

    /// The plaintext of a chunk.
    package func open(_ ref: ChunkRef) async throws -> OpenedChunk {
        if let local = try await local(ref.id) { return try SealedChunk.open(local, ref: ref) }
        let opened = try await fromHolders(ref.id, except: []) { sealed in
            Result { () throws(SealError) in try SealedChunk.open(checked: sealed, ref: ref) }
        }
        return try opened.get()
    }

    /// The sealed chunk: from the catalog where it is kept locally, else from any holder.
    package func sealed(_ chunk: ChunkID) async throws -> IdentifiedChunk {
        if let local = try await local(chunk) { return local }
        return try await fromHolders(chunk, except: [])
    }

    private func local(_ chunk: ChunkID) async throws -> IdentifiedChunk? {
        try await context.catalog.sealed(chunk).flatMap { IdentifiedChunk($0, id: chunk) }
    }

    /// From holders only.
    package func fromHolders(_ chunk: ChunkID, except: Set<NodeID>) async throws -> IdentifiedChunk {
        try await fromHolders(chunk, except: except) { IdentifiedChunk(Array($0), checkedFor: chunk) }
    }

    /// - Parameter body: gets the sealed bytes where they lie, checked against the chunk's id.
    private func fromHolders<Value: Sendable>(
        _ chunk: ChunkID, except: Set<NodeID>, _ body: @Sendable (UnsafeRawBufferPointer) -> Value
    ) async throws -> Value {
        var attempts: [String] = []
        let known = try await context.catalog.replicas(of: [chunk])[chunk, default: []]
        let order = shuffled(known.filter { !except.contains($0.node) })
        for (round, timeout) in [Duration.seconds(8), .seconds(30)].enumerated() {
            for replica in order where round == 0 || isWorthRetrying(replica) {
                do {
                    return try await requests.retrieve(chunk, from: replica.node, timeout: timeout, body)
                } catch {
                    try Task.checkCancellation()
                    attempts.append("\(replica.node.short): \(Self.describe(error))")
                    await suspect(replica, error)
                }
            }
        }
        let located = try await Locator(context).locate([chunk])[chunk, default: []]
        for holder in located
        where !except.contains(holder.receipt.node) && !order.contains(where: { $0.node == holder.receipt.node }) {
            let node = holder.receipt.node
            if let value = try? await requests.retrieve(chunk, from: node, timeout: .seconds(30), body) { return value }
        }
        throw ChunkUnavailable(chunk: chunk, attempts: attempts)
    }

    /// Valid ones first, in random order, so that the load spreads.
    private func shuffled(_ replicas: [Replica]) -> [Replica] {
        replicas.map { replica -> (rank: Double, replica: Replica) in
            switch replica.state {
            case .valid: (context.entropy.unit(), replica)
            case .suspect: (1 + context.entropy.unit(), replica)
            case .lost, .released: (2 + context.entropy.unit(), replica)
            }
        }.sorted { $0.rank < $1.rank }.map(\.replica)
    }

    private func isWorthRetrying(_ replica: Replica) -> Bool { replica.state.counts }

    /// A replica that failed a fetch is challenged next.
    private func suspect(_ replica: Replica, _ error: any Error) async {
        guard replica.state.counts, error is RetrievalError,
            // As it is now: an audit may have judged it meanwhile.
            var due = try? await context.catalog.replicas(of: [replica.chunk])[replica.chunk]?
                .first(where: { $0.node == replica.node }),
            due.state.counts
        else { return }
        due.nextAudit = context.time.now
        try? await context.catalog.update([due])
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case RetrievalError.wrongBytes: "sent wrong bytes"
        case RetrievalError.notHeld: "does not have it"
        case RetrievalError.busy: "could not read it"
        case let error as FabricError: error.description
        default: "failed"
        }
    }
}
