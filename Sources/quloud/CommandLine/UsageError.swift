/// A command line that says nothing that can be done.
struct UsageError: Error, Sendable, Equatable {
    let message: String
    /// What to write instead.
    let hint: String

    init(_ message: String, hint: String) {
        self.message = message
        self.hint = hint
    }
}
