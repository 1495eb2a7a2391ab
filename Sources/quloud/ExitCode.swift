/// What the exit status of `quloud` says.
enum ExitCode: Int32, Sendable, CaseIterable {
    case done = 0
    case failed = 1
    /// The command line or the configuration is wrong.
    case usage = 2
    /// Some files could not be read, or the quorum is not met yet.
    case partly = 3
    /// An audit found replicas that are gone.
    case auditFoundLoss = 4
    /// No such store or snapshot.
    case notFound = 10
    case locked = 11
    case wrongKey = 12
    case fabricUnreachable = 20
    case interrupted = 130
}
