import Synchronization

/// Who has answered a question to all: whoever answers again does not use up the places of others.
final class Heard<Key: Hashable & Sendable>: Sendable {
    private let keys = Mutex<Set<Key>>([])

    /// True the first time.
    func isNew(_ key: Key) -> Bool { keys.withLock { $0.insert(key).inserted } }
}
