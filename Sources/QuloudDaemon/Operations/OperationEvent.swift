/// What comes back while an operation runs: any number of the first three, then one of the last two.
package enum OperationEvent: Codable, Sendable, Equatable {
    case progress(ProgressReport)
    case note(NoteReport)
    /// Part of a listing.
    case entries([EntryReport])
    case done(OperationReport)
    case failed(OperationFailure)
}

/// How far a long piece of work is. Counters that mean nothing for it are zero.
package struct ProgressReport: Codable, Sendable, Equatable {
    package enum Phase: String, Codable, Sendable { case backup, restore, audit, heal }
    package var phase: Phase
    /// Files, replicas or chunks done, by phase.
    package var items = 0
    /// How many there will be, where that is known.
    package var totalItems = 0
    package var bytes: Int64 = 0
    package var totalBytes: Int64 = 0
    /// Receipts that came, and how many are wanted so far.
    package var replicasConfirmed = 0
    package var replicasWanted = 0
    package var problems = 0

    package init(phase: Phase) { self.phase = phase }
}

package struct NoteReport: Codable, Sendable, Equatable {
    package var isWarning: Bool
    /// A path, node or chunk; empty when the note is about the whole.
    package var subject: String
    package var text: String

    package init(isWarning: Bool, subject: String, text: String) {
        self.isWarning = isWarning
        self.subject = subject
        self.text = text
    }
}

/// Why an operation did not do what it was asked.
package struct OperationFailure: Error, Codable, Sendable, Equatable {
    /// Exit codes of the commands, one for each kind.
    package enum Kind: Int32, Codable, Sendable {
        case failed = 1
        case usage = 2
        case partly = 3
        case auditFoundLoss = 4
        case noSuchStore = 10
        case locked = 11
        case wrongKey = 12
        case fabricUnreachable = 20
        case interrupted = 130
    }
    package var kind: Kind
    /// What and where, in one line.
    package var message: String
    /// What to do about it.
    package var hint: String

    package init(_ kind: Kind, _ message: String, hint: String) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }
}
