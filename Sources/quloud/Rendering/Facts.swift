/// Names and what is to be said of them, in two columns.
struct Facts {
    private var rows: [(name: String, text: String)] = []

    mutating func add(_ name: String, _ text: String) { rows.append((name, text)) }

    /// One line each; the names as wide as the widest.
    var text: String {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { name, text in
            name + String(repeating: " ", count: width - name.count + 2) + SafeText.line(text) + "\n"
        }.joined()
    }
}

/// Twelve digits of an id, which is what people compare.
func shortID(_ id: String) -> String { String(id.prefix(12)) }

extension Duration {
    /// From a report. What is no duration is zero.
    init(reported seconds: Double) {
        self = seconds.isFinite && seconds > 0 && seconds < 1e12 ? .seconds(seconds) : .zero
    }
}
