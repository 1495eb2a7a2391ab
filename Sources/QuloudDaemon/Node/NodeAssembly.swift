import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS
import QuloudSystem

/// A node put together: the lock on its data directory, its broker, its roles. Everything is wired here and in the two
/// role files, and nowhere else.
struct NodeAssembly: Sendable {
    enum Purpose: Sendable {
        case daemon
        /// A command in its own process: the owner role only, with or without the broker.
        case command(needsFabric: Bool)
        /// The same with the broker, on an owner that is not whole yet.
        case recovery
    }

    let configuration: Configuration
    let directory: DataDirectory
    let node: NodeID
    let access: FabricAccess?
    let owner: OwnerRole?
    let holder: HolderRole?
    private let lock: DirectoryLock

    static func open(_ configuration: Configuration, for purpose: Purpose, logger: Logger) async throws -> NodeAssembly
    {
        let directory = DataDirectory(path: configuration.node.dataDirectory)
        try directory.requireNode()
        try directory.checkFileSystem(configuration.holder)
        let lock = try DirectoryLock(Array(directory.path.utf8))
        let keys = try NodeKeys(secret: SecretFile.node.read(directory.nodeKey))
        let log = logger.noting
        let access: FabricAccess? =
            switch purpose {
            case .daemon, .command(needsFabric: true), .recovery:
                try await FabricAccess.open(configuration, directory: directory, log: log)
            case .command(needsFabric: false): nil
            }
        var owner: OwnerRole?
        do {
            if configuration.owner.enabled, directory.hasOwner, purpose.isRecovery || !directory.isRecovering {
                owner = try await OwnerRole.open(
                    configuration, directory: directory, node: keys.id, access: access, log: log)
            }
            var holder: HolderRole?
            if case .daemon = purpose, configuration.holder.enabled, let access {
                let own = owner.map { owner in OwnMailboxes { try await owner.mailboxes.map(\.id) } }
                holder = try await HolderRole.open(
                    configuration, directory: directory, keys: keys, access: access,
                    isOwn: { await own?.contains($0) ?? false }, log: log)
            }
            return NodeAssembly(
                configuration: configuration, directory: directory, node: keys.id, access: access, owner: owner,
                holder: holder, lock: lock)
        } catch {
            await owner?.close()
            await access?.close()
            throw error
        }
    }

    func close() async {
        await holder?.close()
        await owner?.close()
        await access?.close()
        lock.close()
    }

    /// The owner's operations, or why there are none.
    func operations() throws -> OwnerOperations {
        if let owner { return owner.operations }
        guard !directory.isRecovering else {
            throw OperationFailure(
                .noSuchStore, "the recovery of the owner in \(directory.path) was not completed",
                hint: "run quloud recover with the 24 words again")
        }
        throw OperationFailure(
            .noSuchStore, "this node has no owner role",
            hint: configuration.owner.enabled
                ? "\(directory.ownerKey) is missing: run quloud recover with the 24 words"
                : "set [owner] enabled = true, and bring an owner here with quloud recover")
    }
}

extension NodeAssembly.Purpose {
    fileprivate var isRecovery: Bool { if case .recovery = self { true } else { false } }
}

extension Logger {
    /// Takes the core's notes.
    var noting: @Sendable (Note) -> Void {
        { note in
            switch note.severity {
            case .info: self.info("note", ["subject": .string(note.subject), "text": .string(note.text)])
            case .warning: self.warning("attention", ["subject": .string(note.subject), "text": .string(note.text)])
            }
        }
    }
}
