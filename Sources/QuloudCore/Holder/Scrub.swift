import QuloudCrypto

/// Reads every blob back within a period, a few at a time, so that damage is known before anybody needs the chunk. What is
/// damaged is quarantined and marked: the owner's next audit hears the truth. Blobs that the index does not know, as a crash
/// between blob and index leaves them, are brought into it on the way.
package actor Scrub {
    private let context: HolderContext
    private var position: HoldingKey?
    /// Blobs that are due but not read yet, in fractions.
    private var due = 0.0
    /// Ten times a tenth is a little less than one.
    private static let rounding = 1e-9

    package init(_ context: HolderContext) { self.context = context }

    /// Reads as many as are due after `elapsed` more time; returns how many were damaged.
    package func advance(by elapsed: Duration, within period: Duration) async throws -> Int {
        let count = Double(max(1, try await context.index.usage().chunks))
        due += count * elapsed.inSeconds / max(period.inSeconds, 1)
        var damaged = 0
        while due + Self.rounding >= 1, !Task.isCancelled {
            let stretch = try await context.stretch(after: position, limit: min(64, Int(due + Self.rounding)))
            guard position != nil || stretch.count > 0 else {
                due = 0
                break
            }
            damaged += try await context.adopt(stretch.orphans).quarantined
            for holding in stretch.holdings where holding.state != .damaged {
                if try await !isSound(holding) { damaged += 1 }
            }
            due -= Double(stretch.count)
            // Around once: begin again, not more than once a call.
            if stretch.end == nil { due = min(due, count) }
            position = stretch.end
        }
        return damaged
    }

    private func isSound(_ holding: Holding) async throws -> Bool {
        guard let terms = context.terms(of: holding) else { return try await isSoundBeneath(holding) }
        switch await context.read(holding, terms) {
        case .damaged: return false
        case .sealed, .busy: return true
        }
    }

    /// The row is damaged, its blob need not be: what the blob says takes the row's place.
    private func isSoundBeneath(_ holding: Holding) async throws -> Bool {
        let found = try await context.adopt([holding.key])
        if found == Adoption() { try await context.forget(holding) }
        return found.quarantined == 0 && found != Adoption()
    }
}
