import QuloudDaemon

/// `quloud audit`: let holders prove now what they keep.
struct AuditCommand: Sendable, Equatable {
    /// How many replicas are challenged.
    enum Scope: Sendable, Equatable {
        case all
        /// So many, drawn at random.
        case sample(Int)
    }

    var scope = Scope.all
    /// Only replicas on this node: its id, or the beginning of it.
    var node: String?
    /// Only replicas of this chunk: its id, or the beginning of it.
    var chunk: String?

    static let definition = CommandDefinition(
        name: "audit", summary: "let holders prove now that they have every byte",
        options: [
            Option("all"), Option("sample", value: "N"), Option("node", value: "ID"), Option("chunk", value: "ID"),
        ],
        help: """
            Usage: quloud audit [options]

            Challenges holders with fresh seeds and records what they prove. Exit status 4: replicas
            are lost; each is named with its node and the reason. Then heal.

            Options:
              --all               challenge every replica (default)
              --sample N          challenge N replicas drawn at random
              --node ID           only replicas on one node; the beginning of its id is enough
              --chunk ID          only replicas of one chunk; the beginning of its id is enough

            Examples:
              quloud audit
              quloud audit --sample 460
              quloud audit --node 8b1f --json
            """
    ) { arguments throws(UsageError) in
        let sample = try arguments.number("sample", in: 1...1_000_000_000)
        if sample != nil, arguments.flag("all") {
            throw UsageError("--all and --sample exclude each other", hint: "keep one of them")
        }
        return .audit(
            AuditCommand(
                scope: sample.map(Scope.sample) ?? .all, node: arguments.value("node"), chunk: arguments.value("chunk")
            ))
    }
}

extension AuditCommand {
    func run(_ session: Session) async throws -> ExitCode {
        var request = AuditRequest(node: node, chunk: chunk)
        if case .sample(let count) = scope { request.sample = count }
        let answer = try await session.perform(.audit(request))
        guard case .audit(let report) = answer else { throw answer.mismatch }
        session.output.result(report, text: report.text)
        return try session.conclude(report.loss)
    }
}
