/// What `quloud init` made.
struct NewNode: Encodable, Sendable {
    /// The file.
    let configuration: String
    let dataDirectory: String
    /// nil for a node without the owner role.
    let words: [String]?

    /// The words alone; "" when there are none.
    var grid: String { words.map(RecoveryWordsText.grid) ?? "" }

    /// - Parameter flag: What the next commands need to find the configuration, or "".
    func text(flag: String) -> String {
        var facts = Facts()
        facts.add("configuration", configuration)
        facts.add("data directory", dataDirectory)
        var next = Facts()
        next.add("  quloud node\(flag)", "run the node")
        if words != nil { next.add("  quloud backup FOLDER\(flag)", "make the first backup") }
        return facts.text + (words == nil ? "" : "\n" + advice) + "\nNext:\n" + next.text
    }

    private var advice: String {
        """
        Your 24 recovery words:

        \(grid)
        Write them down on paper, in this order, and keep them away from this machine. With them and
        the address of the broker, "quloud recover" brings back every backup after this machine is
        lost; without them nobody can. Whoever has them can read everything you back up.
        They are shown only this once.

        """
    }
}
