/// One thing that `quloud doctor` looked at.
package struct DoctorFinding: Codable, Sendable, Equatable {
    package enum Level: String, Codable, Sendable { case good, warning, bad }
    package var level: Level
    /// "configuration", "keys", "broker", "disk", "clock", …
    package var subject: String
    package var text: String
    /// What to do; empty when nothing has to be done.
    package var hint: String

    package init(_ level: Level, _ subject: String, _ text: String, hint: String = "") {
        self.level = level
        self.subject = subject
        self.text = text
        self.hint = hint
    }
}
