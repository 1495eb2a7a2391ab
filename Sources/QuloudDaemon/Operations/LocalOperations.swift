import QuloudCore

/// Operations in the process that holds the lock: the daemon's, or a command's own.
struct LocalOperations: OperationService {
    let assembly: NodeAssembly
    let isDaemon: Bool

    func perform(
        _ request: OperationRequest, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> OperationReport {
        do {
            switch request {
            case .backup(let backup): return .backup(try await assembly.operations().backup(backup, emit: emit))
            case .snapshots: return .snapshots(try await assembly.operations().snapshots())
            case .list(let list):
                try await assembly.operations().list(list, emit: emit)
                return .list
            case .restore(let restore): return .restore(try await assembly.operations().restore(restore, emit: emit))
            case .audit(let audit): return .audit(try await assembly.operations().audit(audit, emit: emit))
            case .heal: return .heal(try await assembly.operations().heal(emit: emit))
            case .status: return .status(try await status())
            }
        } catch {
            throw OperationFailure.explaining(error)
        }
    }

    private func status() async throws -> StatusReport {
        var holder = try await assembly.holder?.status()
        if holder == nil, assembly.configuration.holder.enabled {
            holder = try await HolderRole.offlineStatus(assembly.configuration, directory: assembly.directory)
        }
        return StatusReport(
            node: assembly.node.description, dataDirectory: assembly.directory.path, isRunning: isDaemon,
            owner: try await assembly.owner?.operations.status(), holder: holder)
    }
}
