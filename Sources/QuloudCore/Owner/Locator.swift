import QuloudCrypto

/// Finds holders of chunks without knowing any: asks all, and takes the receipts of those that have them.
package struct Locator: Sendable {
    private struct Place: Hashable {
        let chunk: ChunkID
        let node: NodeID
    }

    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// Genuine receipts for each chunk that some holder has; at most `ReceiptEnvelope.receiptsMax` chunks a call.
    /// - Parameter answers: how many holders are known to be there, to stop waiting when all have answered.
    package func locate(_ chunks: [ChunkID], answers: Int? = nil) async throws -> [ChunkID: [SignedReceipt]] {
        let epoch = context.entropy.uint64()
        let keys = try context.keys.mailbox(epoch: epoch)
        let sent = Captured()
        let context = context
        let terms = OwnershipRequest.Terms.locate(answerTo: MailboxID(keys.publicKey))
        let (wanted, ownNode, heard) = (Set(chunks), context.ownNode, Heard<Place>())
        let answers = try await sent.checked { () throws(FabricError) in
            try await context.fabric.askAll(
                .locate, patience: context.settings.placement.discovery * 2 + .milliseconds(chunks.count * 4),
                limit: answers ?? 1024
            ) { address in
                let head = RequestContext.fresh(
                    for: nil, returnAddress: address, time: context.time, entropy: context.entropy)
                return sent.keep {
                    try OwnershipRequest(terms, context: head, chunks: chunks).signed(by: context, terms)
                }
            } accept: { answer -> [SignedReceipt]? in
                let news = ((try? ReceiptEnvelope.open(answer, with: keys))?.genuine ?? []).filter {
                    wanted.contains($0.receipt.chunk) && $0.receipt.node != ownNode
                        && heard.isNew(Place(chunk: $0.receipt.chunk, node: $0.receipt.node))
                }
                return news.isEmpty ? nil : news
            }
        }
        var found: [ChunkID: [NodeID: SignedReceipt]] = [:]
        for signed in answers.joined() { found[signed.receipt.chunk, default: [:]][signed.receipt.node] = signed }
        return found.mapValues { Array($0.values) }
    }
}
