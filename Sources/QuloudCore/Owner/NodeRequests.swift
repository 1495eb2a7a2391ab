import QuloudCrypto

/// The owner's requests to single nodes, put together, signed and checked.
package struct NodeRequests: Sendable {
    let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// A sealed chunk from one node, checked against its id.
    package func retrieve(_ chunk: ChunkID, from node: NodeID, timeout: Duration) async throws -> [UInt8] {
        let (answer, request) = try await ask(node, .retrieve, .retrieve, [chunk], timeout: timeout)
        if SealedChunk.id(of: answer) == chunk { return answer }
        guard let outcome = try? Outcome.verified(answer, from: node, request: SHA256.hash(request)),
            let code = outcome.codes.first
        else { throw RetrievalError.wrongBytes }
        throw code == .busy ? RetrievalError.busy : RetrievalError.notHeld
    }

    package func commit(_ chunk: ChunkID, winners: [NodeID], at node: NodeID) async {
        _ = try? await ask(node, .commit, .commit(winners: winners), [chunk], timeout: .seconds(5))
    }

    /// The chunks whose leases the node extended.
    package func renew(_ chunks: [ChunkID], at node: NodeID) async throws -> [ChunkID] {
        try await done(node, .renew, .renew(lease: context.settings.lease), chunks)
    }

    /// The chunks that the node let go.
    package func release(_ chunks: [ChunkID], at node: NodeID) async throws -> [ChunkID] {
        try await done(node, .release, .release, chunks)
    }

    private func done(
        _ node: NodeID, _ kind: QuestionKind, _ terms: OwnershipRequest.Terms, _ chunks: [ChunkID]
    ) async throws -> [ChunkID] {
        let (answer, request) = try await ask(node, kind, terms, chunks, timeout: .seconds(30))
        let outcome = try Outcome.verified(answer, from: node, request: SHA256.hash(request))
        return zip(chunks, outcome.codes).filter { $0.1 == .done }.map(\.0)
    }

    private func ask(
        _ node: NodeID, _ kind: QuestionKind, _ terms: OwnershipRequest.Terms, _ chunks: [ChunkID], timeout: Duration
    ) async throws -> (answer: [UInt8], request: [UInt8]) {
        let sent = Captured()
        let context = context
        let answer = try await context.fabric.ask(node, kind, timeout: timeout) { address in
            let head = RequestContext.fresh(
                for: node, returnAddress: address, time: context.time, entropy: context.entropy)
            return sent.keep { try OwnershipRequest(terms, context: head, chunks: chunks).signed(by: context, terms) }
        }
        return (answer, try sent.message())
    }
}

package enum RetrievalError: Error, Sendable, Equatable {
    /// What came does not have the id that was asked for.
    case wrongBytes
    case notHeld
    case busy
}

extension OwnershipRequest {
    /// Fetching and finding are proved with the retrieval scalar, all else with the ownership scalar.
    func signed(by context: OwnerContext, _ terms: Terms) throws(CryptoError) -> [UInt8] {
        try signed(
            with: { (chunk) throws(CryptoError) -> ClaimKeys in
                switch terms {
                case .retrieve, .locate: try context.keys.retrievalKeys(of: chunk)
                case .renew, .release, .commit: try context.keys.ownershipKeys(of: chunk)
                }
            }, entropy: context.entropy)
    }
}
