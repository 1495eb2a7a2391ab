/// Looking things up in the BIP-39 English list.
enum WordList {
    /// 2,048 words in alphabetical order.
    static let words: [String] = englishWords.split(whereSeparator: \.isWhitespace).map(String.init)

    /// The place of a word, or nil.
    static func index(of word: String) -> Int? {
        var low = 0
        var high = words.count
        while low < high {
            let middle = (low + high) / 2
            if words[middle] < word { low = middle + 1 } else { high = middle }
        }
        return low < words.count && words[low] == word ? low : nil
    }

    /// At most three words that a mistyped one may have been: few edits away, or with the same beginning (the first
    /// four letters tell every word of the list from all others).
    static func nearest(to typed: String) -> [String] {
        // No word of the list has more than eight letters, so what lies far beyond cannot matter.
        let typed = Array(typed.utf8.prefix(16))
        let ranked = words.compactMap { word -> (word: String, score: Int)? in
            let letters = Array(word.utf8)
            let edits = editDistance(typed, letters)
            let prefix = min(4, zip(typed, letters).prefix { $0 == $1 }.count)
            guard edits <= 2 || prefix >= 3 else { return nil }
            return (word, 2 * edits - prefix)
        }
        return ranked.sorted { ($0.score, $0.word) < ($1.score, $1.word) }.prefix(3).map(\.word)
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
    static func editDistance(_ from: [UInt8], _ to: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: to.count + 1)
        var last = Array(0...to.count)
        for row in 0..<from.count {
            var current = [row + 1]
            for column in 0..<to.count {
                var best = last[column] + (from[row] == to[column] ? 0 : 1)
                best = min(best, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            (beforeLast, last) = (last, current)
        }
        return last[to.count]
    }
}
