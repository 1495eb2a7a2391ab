/// How a command is called, what it takes, and what its help says.
struct CommandDefinition: Sendable {
    let name: String
    /// One line for the list of commands.
    let summary: String
    /// Its own options, without the global ones.
    let options: [Option]
    /// Written by hand; the global options are added.
    let help: String
    let parse: @Sendable (inout Arguments) throws(UsageError) -> Command

    /// All commands, in the order of the help.
    static let all: [CommandDefinition] = [
        InitCommand.definition, RecoverCommand.definition, NodeCommand.definition, BackupCommand.definition,
        SnapshotsCommand.definition, ListCommand.definition, RestoreCommand.definition, AuditCommand.definition,
        HealCommand.definition, StatusCommand.definition, DoctorCommand.definition, VersionCommand.definition,
        HelpCommand.definition,
    ]

    static func named(_ name: String) -> CommandDefinition? { all.first { $0.name == name } }
}
