/// Reads every blob back within a period, a few at a time, so that damage is known before anybody needs the chunk. What is
/// damaged is quarantined and marked: the owner's next audit hears the truth.
package actor Scrub {
    private let context: HolderContext
    private var position: HoldingKey?
    /// Holdings that are due but not read yet, in fractions.
    private var due = 0.0

    package init(_ context: HolderContext) { self.context = context }

    /// Reads as many as are due after `elapsed` more time; returns how many were damaged.
    package func advance(by elapsed: Duration, within period: Duration) async throws -> Int {
        let count = try await context.index.usage().chunks
        due += Double(count) * elapsed.inSeconds / max(period.inSeconds, 1)
        var damaged = 0
        while due >= 1, !Task.isCancelled {
            let page = try await context.index.holdings(after: position, limit: min(64, Int(due)))
            guard let last = page.last else {
                // Around once: begin again, not more than once a call.
                guard position != nil else { break }
                position = nil
                due = min(due, Double(count))
                continue
            }
            for holding in page where holding.state != .damaged {
                if await !isSound(holding) { damaged += 1 }
            }
            position = last.key
            due -= Double(page.count)
        }
        return damaged
    }

    private func isSound(_ holding: Holding) async -> Bool {
        guard let terms = try? HoldingTerms.open(holding.sealedTerms[...], by: context.keys, key: holding.key) else {
            return false
        }
        switch await context.read(holding, terms) {
        case .damaged: return false
        case .sealed, .busy: return true
        }
    }
}
