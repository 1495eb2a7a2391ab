import Glibc
import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudSystem

/// Makes a new node, or an owner anew from its words.
struct NodeSetup: Sendable {
    let configuration: Configuration
    let overriding: [ConfigurationOverride]
    let file: String

    private var directory: DataDirectory { DataDirectory(path: configuration.node.dataDirectory) }

    /// The recovery words of the new owner, or nil without one.
    func initialise(force: Bool) throws -> [String]? {
        guard !directory.hasNode else {
            throw OperationFailure(
                .failed, "there is a node in \(directory.path) already",
                hint: "keys are never replaced: choose another --data-dir, or use the node that is there")
        }
        guard force || access(file, F_OK) != 0 else {
            throw OperationFailure(
                .failed, "there is a configuration at \(file) already",
                hint: "--force replaces it, --config FILE writes another")
        }
        try directory.create()
        try directory.checkFileSystem(configuration.holder)
        var words: [String]?
        if configuration.owner.enabled {
            let root = SecretBytes(random: OwnerKeys.rootCount)
            words = try RecoveryWords.encode(root)
            try SecretFile.owner.write(root, to: directory.ownerKey)
        }
        try SecretFile.node.write(SecretBytes(random: NodeKeys.secretCount), to: directory.nodeKey)
        try writeConfiguration()
        return words
    }

    func recover(
        words: [String], withoutList: Bool, logger: Logger, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> RecoverReport {
        let root: SecretBytes
        do {
            root = try RecoveryWords.decode(words)
        } catch {
            throw OperationFailure(.wrongKey, "\(error)", hint: "check the words against your note, one by one")
        }
        let wasInterrupted = directory.isRecovering
        guard wasInterrupted || (!directory.hasOwner && !directory.hasCatalog) else {
            throw OperationFailure(
                .failed, "there is an owner in \(directory.path) already",
                hint: "recover into another --data-dir, or move owner.key and catalog.sqlite away")
        }
        try directory.create()
        if wasInterrupted {
            // Not while another recovery is at it.
            let lock = try DirectoryLock(Array(directory.path.utf8))
            removeOwner()
            lock.close()
        }
        // Whatever happens from here on can be repeated: until the mark is gone, nobody takes what is here for an owner.
        try AtomicFile.write([], to: Array(directory.recoveryMark.utf8), permissions: 0o600)
        try SecretFile.owner.write(root, to: directory.ownerKey)
        let madeNode = !directory.hasNode
        do {
            if madeNode {
                try SecretFile.node.write(SecretBytes(random: NodeKeys.secretCount), to: directory.nodeKey)
            }
            let report = try await rebuild(withoutList: withoutList, logger: logger, emit: emit)
            if access(file, F_OK) != 0 { try writeConfiguration() }
            unlink(directory.recoveryMark)
            return report
        } catch {
            removeOwner()
            if madeNode { unlink(directory.nodeKey) }
            unlink(directory.recoveryMark)
            throw error
        }
    }

    private func removeOwner() {
        unlink(directory.ownerKey)
        for suffix in ["", "-wal", "-shm"] { unlink(directory.catalog + suffix) }
    }

    private func rebuild(
        withoutList: Bool, logger: Logger, emit: @escaping @Sendable (OperationEvent) -> Void
    ) async throws -> RecoverReport {
        var configuration = configuration
        configuration.owner.enabled = true
        let assembly = try await NodeAssembly.open(configuration, for: .recovery, logger: logger)
        do {
            let context = try assembly.operations().context
            let start = context.time.uptime
            let result = try await Recover(
                context, observer: OwnerOperations.observer(emit), withoutList: withoutList
            ).run()
            let report = RecoverReport(
                headSequence: Int(clamping: result.headSequence), snapshots: result.snapshots.count,
                chunks: result.chunks, missingChunks: result.missingChunks, replicas: result.replicas,
                seconds: (context.time.uptime - start).inSeconds, listLost: result.isListLost)
            await assembly.close()
            return report
        } catch {
            await assembly.close()
            throw error
        }
    }

    private func writeConfiguration() throws {
        let paths = ConfigurationPaths.current(environment: Environment.all())
        let text = try ConfigurationTemplate.render(overriding: overriding, paths: paths)
        let folder = file[..<(file.lastIndex(of: "/") ?? file.startIndex)]
        try DataDirectory(path: String(folder)).create()
        do {
            try AtomicFile.write(Array(text.utf8), to: Array(file.utf8), permissions: 0o644, replacing: true)
        } catch {
            throw OperationFailure(
                .failed, "cannot write \(file): \(error)", hint: "name another place with --config FILE")
        }
    }
}
