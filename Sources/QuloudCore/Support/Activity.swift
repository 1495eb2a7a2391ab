/// What the services tell whoever watches: progress for people, events for the log. Never a secret.
package enum Activity: Sendable {
    case backup(BackupProgress)
    case restore(RestoreProgress)
    case audit(AuditProgress)
    case heal(HealProgress)
    /// Something a person should know about a path, a node or a chunk; the work goes on.
    case note(Note)
}

package struct Note: Sendable, Equatable {
    package enum Severity: Sendable { case info, warning }
    package let severity: Severity
    /// A path, node or chunk, as text; empty when the note is about the whole.
    package let subject: String
    package let text: String
    package init(_ severity: Severity, subject: String = "", _ text: String) {
        self.severity = severity
        self.subject = subject
        self.text = text
    }
}

package struct BackupProgress: Sendable, Equatable {
    package var files = 0
    package var directories = 0
    package var unchangedFiles = 0
    /// Bytes of files seen, read or known to be unchanged.
    package var bytes: Int64 = 0
    package var readBytes: Int64 = 0
    package var newChunks = 0
    package var newSealedBytes: Int64 = 0
    package var knownChunks = 0
    /// Replicas confirmed by receipts in this run, and how many are wanted for the chunks published so far.
    package var replicasConfirmed = 0
    package var replicasWanted = 0
    package var problems = 0
    package init() {}
}

package struct RestoreProgress: Sendable, Equatable {
    package var files = 0
    package var bytes: Int64 = 0
    package var totalFiles = 0
    package var totalBytes: Int64 = 0
    package var problems = 0
    package init() {}
}

package struct AuditProgress: Sendable, Equatable {
    package var challenged = 0
    package var answered = 0
    package var total = 0
    package var bytes: Int64 = 0
    package init() {}
}

package struct HealProgress: Sendable, Equatable {
    package var chunks = 0
    package var healed = 0
    package var replicasPlaced = 0
    package init() {}
}

package typealias Observer = @Sendable (Activity) -> Void
