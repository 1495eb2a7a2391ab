/// What somebody asked `quloud` to do.
struct Invocation: Sendable, Equatable {
    var options: GlobalOptions
    var command: Command
}

/// The options that every command takes.
struct GlobalOptions: Sendable, Equatable {
    /// As given to `--config`.
    var config: String?
    var json = false
    var quiet = false
    /// How often `--verbose` was given.
    var verbosity = 0
}

/// A command with its arguments.
enum Command: Sendable, Equatable {
    case initialize(InitCommand)
    case recover(RecoverCommand)
    case node(NodeCommand)
    case backup(BackupCommand)
    case snapshots(SnapshotsCommand)
    case list(ListCommand)
    case restore(RestoreCommand)
    case audit(AuditCommand)
    case heal(HealCommand)
    case status(StatusCommand)
    case doctor(DoctorCommand)
    case version(VersionCommand)
    case help(HelpCommand)
}

/// Which snapshot a command means.
enum SnapshotSelector: Sendable, Equatable {
    /// The newest one.
    case latest
    /// Its id, or the beginning of it.
    case id(String)

    init(_ text: String) {
        self = text == "latest" ? .latest : .id(text)
    }

    /// As it was typed.
    var text: String {
        switch self {
        case .latest: "latest"
        case .id(let id): id
        }
    }
}
