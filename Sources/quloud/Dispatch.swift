/// Carries an invocation out.
func dispatch(_ invocation: Invocation) async throws -> ExitCode {
    let session = Session(invocation.options)
    switch invocation.command {
    case .version(let command): command.run(session.output)
    case .help(let command): command.run(session.output)
    case .initialize(let command): return try await command.run(session)
    case .recover(let command): return try await command.run(session)
    case .node(let command): return try await command.run(session)
    case .backup(let command): return try await command.run(session)
    case .snapshots(let command): return try await command.run(session)
    case .list(let command): return try await command.run(session)
    case .restore(let command): return try await command.run(session)
    case .audit(let command): return try await command.run(session)
    case .heal(let command): return try await command.run(session)
    case .status(let command): return try await command.run(session)
    case .doctor(let command): return try await command.run(session)
    }
    return .done
}
