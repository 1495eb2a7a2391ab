/// `quloud node`: the daemon.
struct NodeCommand: Sendable, Equatable {
    static let definition = CommandDefinition(
        name: "node", summary: "run the node in the foreground",
        options: [],
        help: """
            Usage: quloud node [options]

            Runs the roles that the configuration enables, in the foreground, until SIGTERM or
            SIGINT; a second signal ends it at once. Logs to standard error.

            Examples:
              quloud node
              quloud node --config /etc/quloud/node.toml
              QULOUD_LOG_LEVEL=debug quloud node
            """
    ) { _ throws(UsageError) in .node(NodeCommand()) }
}
