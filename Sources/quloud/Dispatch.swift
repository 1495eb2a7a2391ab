/// Carries an invocation out.
func dispatch(_ invocation: Invocation) async throws -> ExitCode {
    let output = Output(invocation.options)
    switch invocation.command {
    case .version(let command): command.run(output)
    case .help(let command): command.run(output)
    case .initialize, .recover, .node, .backup, .snapshots, .list, .restore, .audit, .heal, .status, .doctor:
        throw Failure(.failed, "this command cannot be carried out yet")
    }
    return .done
}
