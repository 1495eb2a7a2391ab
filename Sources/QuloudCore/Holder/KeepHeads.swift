import QuloudCrypto

/// Keeps the newest catalog head of each owner, and hands it to whoever asks: it is sealed and signed, and tells a
/// stranger no more than how often it changed.
struct KeepHeads: Sendable {
    let context: HolderContext

    init(_ context: HolderContext) { self.context = context }

    func answer(_ question: Question) async throws -> [UInt8]? {
        if let request = try? OpenRequest.parse(question.request, as: .headGet) {
            try check(request, question)
            guard let key = Bytes32(request.body) else { throw MessageError.malformed }
            if let head = try await context.heads.head(for: HeadKey(key)) { return head }
            return outcome(.refused, to: question)
        }
        let request = try OpenRequest.parse(question.request, as: .headPut)
        try check(request, question)
        let head = try CatalogHead.verified(request.body)
        var isKept = try await context.heads.keep(request.body, sequence: head.sequence, for: head.key)
        if !isKept { isKept = try await context.heads.head(for: head.key) == request.body }
        return outcome(isKept ? .done : .refused, to: question)
    }

    private func outcome(_ code: Outcome.Code, to question: Question) -> [UInt8] {
        Outcome(node: context.keys.id, codes: [code]).signed(
            by: context.keys.identity, request: SHA256.hash(question.request))
    }

    private func check(_ request: OpenRequest, _ question: Question) throws(MessageError) {
        try request.context.check(at: context.keys.id, question: question, now: context.time.now)
    }
}
