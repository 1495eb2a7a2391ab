import QuloudCrypto
import Synchronization

/// The owner's requests to single nodes, put together, signed and checked.
package struct NodeRequests: Sendable {
    let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// A sealed chunk from one node, checked against its id.
    package func retrieve(_ chunk: ChunkID, from node: NodeID, timeout: Duration) async throws -> IdentifiedChunk {
        try await retrieve(chunk, from: node, timeout: timeout) { IdentifiedChunk(Array($0), checkedFor: chunk) }
    }

    /// What `body` makes of a sealed chunk from one node, which was checked against its id; the memory is valid only during
    /// the call.
    func retrieve<Value: Sendable>(
        _ chunk: ChunkID, from node: NodeID, timeout: Duration, _ body: @Sendable (UnsafeRawBufferPointer) -> Value
    ) async throws -> Value {
        let cameWrong = Mutex(false)
        do {
            return try await ask(node, .retrieve, .retrieve, [chunk], timeout: timeout) {
                answer, request -> Result<Value, RetrievalError>? in
                if SealedChunk.id(of: answer) == chunk { return .success(body(answer)) }
                guard let outcome = try? Outcome.verified(Array(answer), from: node, request: request),
                    let code = outcome.codes.first
                else {
                    cameWrong.withLock { $0 = true }
                    return nil
                }
                return .failure(code == .busy ? .busy : .notHeld)
            }.get()
        } catch let error as FabricError where error.kind == .timeout && cameWrong.withLock({ $0 }) {
            throw RetrievalError.wrongBytes
        }
    }

    package func commit(_ chunk: ChunkID, winners: [NodeID], at node: NodeID) async {
        _ = try? await done(node, .commit, .commit(winners: winners), [chunk], timeout: .seconds(5))
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
        _ node: NodeID, _ kind: QuestionKind, _ terms: OwnershipRequest.Terms, _ chunks: [ChunkID],
        timeout: Duration = .seconds(30)
    ) async throws -> [ChunkID] {
        let outcome = try await ask(node, kind, terms, chunks, timeout: timeout) { answer, request in
            try? Outcome.verified(Array(answer), from: node, request: request)
        }
        return zip(chunks, outcome.codes).filter { $0.1 == .done }.map(\.0)
    }

    /// - Parameter accept: what an answer says, given the hash of the request; `nil` when it is none to this request.
    private func ask<Answer: Sendable>(
        _ node: NodeID, _ kind: QuestionKind, _ terms: OwnershipRequest.Terms, _ chunks: [ChunkID], timeout: Duration,
        accept: @Sendable (_ answer: UnsafeRawBufferPointer, _ request: Bytes32) -> Answer?
    ) async throws -> Answer {
        let sent = Captured()
        let context = context
        return try await sent.checked { () throws(FabricError) in
            try await context.fabric.ask(node, kind, timeout: timeout) { address in
                let head = RequestContext.fresh(
                    for: node, returnAddress: address, time: context.time, entropy: context.entropy)
                return sent.keep {
                    try OwnershipRequest(terms, context: head, chunks: chunks).signed(by: context, terms)
                }
            } accept: {
                accept($0, sent.hash)
            }
        }
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
