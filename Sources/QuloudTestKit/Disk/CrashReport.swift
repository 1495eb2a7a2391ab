/// What an enumeration of crash points came to.
package struct CrashReport: Sendable {
    package let name: String
    /// Moments between two file calls.
    package var prefixes = 0
    /// Of them, those with too many undecided effects for all subsets.
    package var sampled = 0
    /// States that a power cut may leave at one of them and not, with the same promises, at an earlier one.
    package var states = 0
    /// Of them, those recovered and checked, each twice.
    package var recovered = 0
    /// Of them, those that were left out, because one that looks the same was recovered.
    package var repeated = 0
    /// Crashes inside a recovery.
    package var nested = 0
    package var failures: [String] = []

    package init(name: String) { self.name = name }

    /// One line, in columns.
    package var line: String {
        func column(_ value: Int, _ title: String) -> String {
            let text = "\(value)"
            return String(repeating: " ", count: max(0, 7 - text.count)) + text + " " + title
        }
        let title = name + String(repeating: " ", count: max(0, 18 - name.count))
        return "crash points  \(title)" + column(prefixes, "prefixes") + column(sampled, "sampled")
            + column(states, "states") + column(recovered, "recovered")
            + column(repeated, "the same") + column(nested, "inside recovery")
    }
}
