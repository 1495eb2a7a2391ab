/// The recovery words as they are shown and read.
enum RecoveryWordsText {
    /// Numbered from 1, four in a row.
    static func grid(_ words: [String]) -> String {
        let width = words.map(\.count).max() ?? 0
        var text = ""
        for row in stride(from: 0, to: words.count, by: 4) {
            let cells = (row..<min(row + 4, words.count)).map { index in
                let number = index < 9 ? " \(index + 1)" : "\(index + 1)"
                return "\(number). " + words[index] + String(repeating: " ", count: width - words[index].count)
            }
            var line = "  " + cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }

    /// The words in `text`, however they are spaced and cased, and with or without the numbers of `grid`.
    static func parse(_ text: String) -> [String] {
        text.split { $0.isWhitespace || $0 == "," }.map { $0.lowercased() }.compactMap { word in
            let bare = word.drop { $0.isASCII && $0.isNumber }
            if bare.count == word.count { return word }
            let rest = bare.first == "." || bare.first == ")" ? bare.dropFirst() : bare
            return rest.isEmpty ? nil : String(rest)
        }
    }
}
