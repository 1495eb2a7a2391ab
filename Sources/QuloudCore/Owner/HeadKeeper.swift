import QuloudCrypto

/// The catalog head and where it lives: on the holders, so that the recovery words and a broker are enough to find it.
package struct HeadKeeper: Sendable {
    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// Signs the head that follows the newest known one.
    package func next(after previous: HeadRecord?, content: HeadContent) throws -> HeadRecord {
        let head = CatalogHead(
            key: context.keys.headKey, sequence: (previous?.sequence ?? 0) &+ 1,
            previous: previous.map { SHA256.hash($0.bytes) } ?? Bytes32(), issued: context.time.now,
            sealedContent: try context.keys.sealHead(content.encoded))
        return HeadRecord(sequence: head.sequence, bytes: head.signed(by: context.keys.head))
    }

    /// Gives the head to every holder that hears it; returns how many keep it now.
    /// - Parameter answers: how many holders are known to be there, to stop waiting when all have answered.
    package func publish(_ head: HeadRecord, answers: Int? = nil) async throws(FabricError) -> Int {
        let heard = Heard<NodeID>()
        let outcomes = try await ask(.headPut, body: head.bytes, answers: answers) { answer, request -> Outcome? in
            // A copy on the machine that may be lost with the catalog does not count.
            guard let outcome = try? Outcome.verified(answer, from: nil, request: request),
                outcome.node != context.ownNode, heard.isNew(outcome.node)
            else { return nil }
            return outcome
        }
        return outcomes.count { $0.codes == [.done] }
    }

    /// Publishes until a quorum of the holders keeps the head, a few times at most; returns how many do. A broker that is away
    /// is waited for as everywhere else.
    package func spread(_ head: HeadRecord, holders: Int) async -> Int {
        var most = 0
        for _ in 0..<4 where most < max(1, min(holders, context.settings.quorum)) {
            let patience = context.settings.placement.brokerPatience
            let copies = try? await context.persist(for: patience) { () throws(FabricError) in
                try await publish(head, answers: holders)
            }
            guard let copies else { break }
            most = max(most, copies)
        }
        return most
    }

    package typealias Found = (head: CatalogHead, record: HeadRecord)

    /// All heads of this owner that holders answer with and whose signatures hold, newest first.
    package func found() async throws(FabricError) -> [Found] {
        let found = Gathered<Found>()
        try await listen { one in found.add(one) }
        return found.all.sorted(by: Self.isNewer)
    }

    /// The same, one after the other as they come, in any order.
    func listen(
        within patience: Duration? = nil, _ each: @Sendable (Found) -> Void
    ) async throws(FabricError) {
        let (key, heard) = (context.keys.headKey, Heard<[UInt8]>())
        _ = try await ask(.headGet, body: key.value.bytes, answers: nil, within: patience) { answer, _ -> Void? in
            guard let head = try? CatalogHead.verified(answer), head.key == key, heard.isNew(answer) else { return nil }
            each((head, HeadRecord(sequence: head.sequence, bytes: answer)))
            return ()
        }
    }

    static func isNewer(_ one: Found, than other: Found) -> Bool {
        (one.head.sequence, one.head.issued) > (other.head.sequence, other.head.issued)
    }

    private func ask<Answer: Sendable>(
        _ kind: MessageKind, body: [UInt8], answers: Int?, within patience: Duration? = nil,
        accept: @Sendable (_ answer: [UInt8], _ request: Bytes32) -> Answer?
    ) async throws(FabricError) -> [Answer] {
        let (context, sent) = (context, Captured())
        return try await context.fabric.askAll(
            .head, patience: patience ?? context.settings.placement.discovery * 2, limit: answers ?? 1024
        ) { address in
            let head = RequestContext.fresh(
                for: nil, returnAddress: address, time: context.time, entropy: context.entropy)
            return sent.keep { OpenRequest(kind, context: head, body: body).encoded }
        } accept: {
            accept($0, sent.hash)
        }
    }
}
