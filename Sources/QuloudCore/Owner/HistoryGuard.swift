package enum HistoryError: Error, Sendable, Equatable {
    /// Holders keep a newer head than this catalog knows: the catalog is an old copy, or the key is used elsewhere too.
    case behind(known: UInt64, found: UInt64)
    /// Holders keep another head of the same number: the key was used in two places.
    case forked(at: UInt64)
}

/// Compares the catalog's head with those that holders keep, before anything is built upon it. A catalog out of a restored
/// disk image, or one of two with the same key, would otherwise fork the history unseen. Heads are signed, so nobody but the
/// owner can bring this about. When nobody answers there is nothing to compare with, and the work goes on.
package struct HistoryGuard: Sendable {
    private let context: OwnerContext

    package init(_ context: OwnerContext) { self.context = context }

    /// - Throws: `HistoryError`, `CatalogError`.
    package func check() async throws {
        // Asked first: what this owner itself publishes meanwhile is in the catalog by the time that it is read.
        let found: [HeadKeeper.Found]
        do {
            found = try await heads()
        } catch is FabricError {
            return
        }
        let known = try await context.catalog.head()
        let sequence = known?.sequence ?? 0
        guard let newest = found.first?.head.sequence, newest >= sequence else { return }
        guard newest == sequence else { throw HistoryError.behind(known: sequence, found: newest) }
        let hasAnother = found.contains { $0.head.sequence == sequence && $0.record.bytes != known?.bytes }
        guard !hasAnother else { throw HistoryError.forked(at: sequence) }
    }

    /// What holders keep. Once all that were here lately have announced themselves, others are given as much time again as
    /// those took, several times over: whoever announces itself at once has its head at hand as soon.
    private func heads() async throws -> [HeadKeeper.Found] {
        let discovery = Discovery(context)
        let expected = try await discovery.expected()
        let found = Gathered<HeadKeeper.Found>()
        let isOver = Promise<Void>()
        let start = context.time.uptime
        let listening = Task {
            do {
                try await HeadKeeper(context).listen(within: context.settings.placement.discovery) { one in
                    found.add(one)
                }
                isOver.fulfil(.success(()))
            } catch {
                isOver.fulfil(.failure(error))
            }
        }
        let watching = Task {
            guard !expected.isEmpty, (try? await discovery.holders(expecting: expected)) != nil else { return }
            let took = context.time.uptime - start
            try await context.time.sleep(for: max(Self.leastWait, took * 3))
            isOver.fulfil(.success(()))
        }
        defer {
            listening.cancel()
            watching.cancel()
        }
        try await isOver.value()
        return found.all.sorted(by: HeadKeeper.isNewer)
    }

    private static let leastWait: Duration = .milliseconds(100)
}
