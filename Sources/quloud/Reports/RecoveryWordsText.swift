/// The recovery words as they are shown.
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
}
