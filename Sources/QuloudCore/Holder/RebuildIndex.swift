package enum RebuildError: Error, Sendable, Equatable {
    /// None of the blobs opens under this node's keys: they are another node's.
    case foreignBlobs
    /// So many blobs could not be read that it is the disk, and not they.
    case unreadable(Int)
}

/// Makes a lost index anew from the blobs, before anybody is served. Every blob is read and checked. What is in the index
/// already is left alone, so that a rebuild that was interrupted goes on when it is run again.
package struct RebuildIndex: Sendable {
    private let context: HolderContext

    /// Names looked at in one step, and rows committed in one transaction.
    private static let step = 256
    private static let unreadableMax = 64
    /// One or two blobs that do not open are damaged; when none of so many does, the key is wrong.
    private static let foreignMin = 4

    package init(_ context: HolderContext) { self.context = context }

    /// - Parameter progress: told after each step what was found so far.
    package func run(progress: @Sendable (Adoption) -> Void = { _ in }) async throws -> Adoption {
        var sum = Adoption()
        var position: HoldingKey?
        repeat {
            try Task.checkCancellation()
            let stretch = try await context.stretch(after: position, limit: Self.step)
            if position == nil, stretch.holdings.isEmpty { try await refuseForeign(stretch.orphans.prefix(16)) }
            sum += try await context.adopt(stretch.orphans)
            guard sum.unreadable <= Self.unreadableMax else { throw RebuildError.unreadable(sum.unreadable) }
            progress(sum)
            position = stretch.end
        } while position != nil
        return sum
    }

    private func refuseForeign(_ sample: ArraySlice<HoldingKey>) async throws {
        guard sample.count >= Self.foreignMin else { return }
        for name in sample {
            guard case .foreign = await context.look(at: name) else { return }
        }
        throw RebuildError.foreignBlobs
    }
}
