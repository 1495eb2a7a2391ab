/// An option that a command takes.
struct Option: Sendable, Equatable {
    /// Without the dashes.
    let name: String
    /// The letter of its short form.
    let letter: Character?
    /// What its value is called in the help; nil when it takes none.
    let value: String?
    let isRepeatable: Bool

    init(_ name: String, letter: Character? = nil, value: String? = nil, isRepeatable: Bool = false) {
        self.name = name
        self.letter = letter
        self.value = value
        self.isRepeatable = isRepeatable
    }

    /// Those that every command takes.
    static let global: [Option] = [
        Option("config", letter: "c", value: "FILE"),
        Option("json"),
        Option("quiet", letter: "q"),
        Option("verbose", letter: "v", isRepeatable: true),
        Option("help", letter: "h"),
        Option("version"),
    ]
}
