/// Why words do not give a secret. Never carries the words that were typed, only words of the public list.
package enum RecoveryWordsError: Error, Equatable, Sendable {
    /// There must be 24 words.
    case wrongCount(Int)
    /// The word at this position, counted from 1, is not in the list; `nearest` are at most three that are.
    case unknownWord(position: Int, nearest: [String])
    /// Every word is in the list, but they do not belong together in this order.
    case wrongChecksum
}

extension RecoveryWordsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongCount(let count):
            "recovery words: expected 24 words, found \(count)"
        case .unknownWord(let position, let nearest) where nearest.isEmpty:
            "recovery words: word \(position) is not in the list"
        case .unknownWord(let position, let nearest):
            "recovery words: word \(position) is not in the list; did you mean \(nearest.joined(separator: ", "))?"
        case .wrongChecksum:
            "recovery words: all words exist, but the checksum does not match; probably two are swapped or one is wrong"
        }
    }
}
