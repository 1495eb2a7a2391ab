import QuloudCrypto

/// Recovery words as a person types them, checked before anything is asked of the fabric.
package enum TypedWords {
    package static let count = RecoveryWords.count

    /// The first word that is not in the list: its position, counted from 1, and at most three that are close.
    package static func unknown(in words: [String]) -> (position: Int, nearest: [String])? {
        do {
            _ = try RecoveryWords.decode(words)
            return nil
        } catch {
            guard case .unknownWord(let position, let nearest) = error else { return nil }
            return (position, nearest)
        }
    }
}
