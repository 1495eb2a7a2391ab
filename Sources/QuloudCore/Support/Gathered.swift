import Synchronization

/// What several tasks find, in the order of finding.
final class Gathered<Item: Sendable>: Sendable {
    private let items = Mutex<[Item]>([])

    var all: [Item] { items.withLock { $0 } }

    /// All that were found, with this one.
    @discardableResult
    func add(_ item: Item) -> [Item] {
        items.withLock { items in
            items.append(item)
            return items
        }
    }
}
