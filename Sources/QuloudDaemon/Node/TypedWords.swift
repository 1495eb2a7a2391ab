import QuloudCrypto

/// Recovery words as a person types them, checked before anything is asked of the fabric.
package enum TypedWords {
    package static let count = RecoveryWords.count

    /// The words in `text`, however they are spaced and cased, and with or without the numbers they are shown with.
    package static func parse(_ text: String) -> [String] {
        text.split { $0.isWhitespace || $0 == "," }.map { $0.lowercased() }.compactMap { word in
            let bare = word.drop { $0.isASCII && $0.isNumber }
            if bare.count == word.count { return word }
            let rest = bare.first == "." || bare.first == ")" ? bare.dropFirst() : bare
            return rest.isEmpty ? nil : String(rest)
        }
    }

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
