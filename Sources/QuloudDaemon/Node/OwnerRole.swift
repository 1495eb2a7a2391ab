import Glibc
import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS
import QuloudSQLite

/// The owner role, wired to its adapters.
struct OwnerRole: Sendable {
    let operations: OwnerOperations
    private let catalog: SQLiteOwnerCatalog
    private let fabric: JetStreamOwnerFabric?
    private let closed: ClosedMark

    /// - Parameter access: nil opens the catalog only.
    static func open(
        _ configuration: Configuration, directory: DataDirectory, node: NodeID?, access: FabricAccess?,
        log: @escaping @Sendable (Note) -> Void
    ) async throws -> OwnerRole {
        let keys = try OwnerKeys(root: SecretFile.owner.read(directory.ownerKey))
        let mustCheck = try !directory.catalogClosed.take() && directory.hasCatalog
        let catalog = try await SQLiteOwnerCatalog.open(at: directory.catalog)
        do {
            if mustCheck {
                try await ClosedMark.checking(directory.catalog, log) { try await catalog.checkIntegrity() }
            }
            try await check(catalog, belongsTo: keys, directory)
            var fabric: JetStreamOwnerFabric?
            if let access { fabric = try await .connect(to: access.settings, settings: access.fabric, log: log) }
            let context = OwnerContext(
                keys: keys, catalog: catalog, fabric: fabric ?? DisconnectedFabric(), time: SystemTime(),
                entropy: SystemEntropy(), settings: OwnerSettings(configuration), ownNode: node)
            let own = [directory.path, directory.blobs(configuration.holder)]
            var excluded: [SystemPath] = []
            let tree = FileSourceTree()
            for path in own { excluded.append((try? await tree.resolve(Array(path.utf8))) ?? Array(path.utf8)) }
            let operations = OwnerOperations(context: context, tree: tree, excluded: excluded, host: hostName())
            return OwnerRole(
                operations: operations, catalog: catalog, fabric: fabric, closed: directory.catalogClosed)
        } catch {
            try? await catalog.close()
            throw error
        }
    }

    var mailboxes: [MailboxRecord] {
        get async throws { try await catalog.mailboxes() }
    }

    func close() async {
        await fabric?.shutDown()
        await closed.closing { try await catalog.close() }
    }

    /// A catalog made with other keys would mix two owners' histories.
    private static func check(
        _ catalog: SQLiteOwnerCatalog, belongsTo keys: OwnerKeys, _ directory: DataDirectory
    ) async throws {
        let foreign = OperationFailure(
            .wrongKey, "\(directory.catalog) was made with another owner key than \(directory.ownerKey)",
            hint: "put back the key or the catalog that belongs to the other")
        if let head = try await catalog.head() {
            guard let known = try? CatalogHead.verified(head.bytes), known.key == keys.headKey else { throw foreign }
        }
        if let mailbox = try await catalog.mailboxes().first {
            guard try keys.mailbox(epoch: mailbox.epoch).publicKey == mailbox.id.value else { throw foreign }
        }
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension OwnerSettings {
    init(_ configuration: Configuration) {
        self.init()
        let owner = configuration.owner
        quorum = owner.quorum
        lease = owner.lease
        cutting = Cutting(rawValue: owner.chunking.rawValue) ?? .content
        compressionLevel = owner.compressionLevel
        memoryMax = owner.memoryMax
        excludes = owner.excludes
        oneFileSystem = owner.oneFileSystem
        coverWithin = configuration.audit.coverWithin
        retryAfter = configuration.audit.retryAfter
        grace = configuration.audit.grace
        auditBatchBytes = configuration.audit.batchBytes
    }
}
