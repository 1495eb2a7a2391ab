import QuloudCore
import Synchronization

/// Remembers whether the catalog was the newest when it was last compared with the heads that holders keep.
final class HistoryWatch: Sendable {
    private let last = Mutex<HistoryError?>(nil)

    /// In words, or `nil`.
    var problem: String? {
        last.withLock { $0 }.flatMap { (OperationFailure.explaining($0) as? OperationFailure)?.message }
    }

    /// Runs work that begins with a comparison, and remembers how that went.
    func watching<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            let value = try await work()
            last.withLock { $0 = nil }
            return value
        } catch let error as HistoryError {
            last.withLock { $0 = error }
            throw error
        }
    }
}
