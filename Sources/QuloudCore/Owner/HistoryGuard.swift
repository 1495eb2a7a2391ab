import Synchronization

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

    /// How long a comparison is good for, within one process: an old catalog comes with a new process, and who else uses the
    /// key is found out by the next one.
    private static let validity: Duration = .seconds(600)

    /// Compares unless that was done lately.
    /// - Throws: `HistoryError`, `CatalogError`.
    package func checkIfDue() async throws {
        if let last = context.history.lastCompared, context.time.uptime - last < Self.validity { return }
        try await check()
    }

    /// - Throws: `HistoryError`, `CatalogError`.
    package func check() async throws {
        context.history.forget()
        // Asked first: what this owner itself publishes meanwhile is in the catalog by the time that it is read.
        let found: [(head: CatalogHead, record: HeadRecord)]
        do throws(FabricError) {
            found = try await HeadKeeper(context).found(within: context.settings.placement.discovery)
        } catch {
            return
        }
        let known = try await context.catalog.head()
        let sequence = known?.sequence ?? 0
        guard let newest = found.first?.head.sequence, newest >= sequence else { return }
        guard newest == sequence else { throw HistoryError.behind(known: sequence, found: newest) }
        let hasAnother = found.contains { $0.head.sequence == sequence && $0.record.bytes != known?.bytes }
        guard !hasAnother else { throw HistoryError.forked(at: sequence) }
        context.history.compared(at: context.time.uptime)
    }
}

/// When a catalog's history was last compared with what holders keep, and was the newest.
package final class HistoryCheck: Sendable {
    private let last = Mutex<Duration?>(nil)

    package init() {}

    /// By the clock that does not jump.
    var lastCompared: Duration? { last.withLock { $0 } }
    func compared(at moment: Duration) { last.withLock { $0 = moment } }
    func forget() { last.withLock { $0 = nil } }
}
