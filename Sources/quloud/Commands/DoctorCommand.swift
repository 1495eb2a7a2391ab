/// `quloud doctor`: find what is wrong with this node.
struct DoctorCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "doctor", summary: "check configuration, keys, broker, disk and clock",
        options: [],
        help: """
            Usage: quloud doctor [options]

            Checks the configuration, the keys and their modes, the broker and its limits, the disk
            and the kind of its file system, the clock, and versions with known holes. Says of each
            finding what to do. Exit status 1: something has to be changed.

            Examples:
              quloud doctor
              quloud doctor --config /etc/quloud/node.toml
            """
    ) { _ throws(UsageError) in .doctor(DoctorCommand()) }
}
