import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS
import QuloudSQLite

/// The holder role, wired to its adapters.
struct HolderRole: Sendable {
    let context: HolderContext
    private let index: SQLiteChunkIndex
    private let fabric: JetStreamHolderFabric
    private let closed: ClosedMark

    static func open(
        _ configuration: Configuration, directory: DataDirectory, keys: NodeKeys, access: FabricAccess,
        isOwn: @escaping @Sendable (MailboxID) async -> Bool, log: @escaping @Sendable (Note) -> Void
    ) async throws -> HolderRole {
        let index = try await IndexOpening(directory: directory, log: log).open()
        do {
            try await check(index, belongsTo: keys, directory)
            let blobs = try await FileBlobStore.open(Array(directory.blobs(configuration.holder).utf8))
            let fabric = try await JetStreamHolderFabric.connect(
                to: access.settings, settings: access.fabric, log: log)
            let context = HolderContext(
                keys: keys, index: index, heads: index, blobs: blobs, fabric: fabric, time: SystemTime(),
                entropy: SystemEntropy(), settings: HolderSettings(configuration), isOwn: isOwn, note: log)
            let role = HolderRole(context: context, index: index, fabric: fabric, closed: directory.indexClosed)
            do {
                try await IndexOpening(directory: directory, log: log).completeRebuild(in: context)
            } catch {
                await fabric.shutDown()
                throw error
            }
            return role
        } catch {
            try? await index.close()
            throw error
        }
    }

    func status() async throws -> HolderStatus {
        let values = context.counters.values
        return HolderStatus(
            usage: try await index.usage(), capacityBytes: context.settings.capacityBytes,
            freeBytes: try await context.freeBytes(), dropped: values.dropped)
    }

    /// What the index says, without opening anything else.
    static func offlineStatus(_ configuration: Configuration, directory: DataDirectory) async throws -> HolderStatus {
        var usage = HolderUsage()
        // Not to be made here: a missing one is made anew from the blobs when the node starts.
        if directory.hasIndex {
            let index = try await SQLiteChunkIndex.open(at: directory.index)
            usage = try await index.usage()
            try? await index.close()
        }
        let blobs = try await FileBlobStore.open(Array(directory.blobs(configuration.holder).utf8))
        let settings = HolderSettings(configuration)
        let free = try await blobs.room().freeBytes - settings.reserveFreeBytes
        return HolderStatus(
            usage: usage, capacityBytes: settings.capacityBytes,
            freeBytes: max(0, min(settings.capacityBytes - usage.storedBytes, free)), dropped: [:])
    }

    func close() async {
        await fabric.shutDown()
        await closed.closing { try await index.close() }
    }

    private static func check(
        _ index: SQLiteChunkIndex, belongsTo keys: NodeKeys, _ directory: DataDirectory
    ) async throws {
        // One row may be damaged; the scrub repairs it.
        let some = try await index.holdings(after: nil, limit: 16)
        guard !some.isEmpty,
            some.allSatisfy({ (try? HoldingTerms.open($0.sealedTerms[...], by: keys, key: $0.key)) == nil })
        else { return }
        throw OperationFailure(
            .wrongKey, "\(directory.index) was made with another node key than \(directory.nodeKey)",
            hint: "put back the key or the index that belongs to the other")
    }
}

extension HolderStatus {
    fileprivate init(usage: HolderUsage, capacityBytes: Int64, freeBytes: Int64, dropped: [String: Int]) {
        self.init(
            chunks: usage.chunks, storedBytes: usage.storedBytes, trashedChunks: usage.trashedChunks,
            damagedChunks: usage.damagedChunks, capacityBytes: capacityBytes, freeBytes: freeBytes, dropped: dropped)
    }
}

extension HolderSettings {
    init(_ configuration: Configuration) {
        self.init()
        capacityBytes = Int64(configuration.holder.capacity)
        reserveFreeBytes = Int64(configuration.holder.reserveFree)
        trash = configuration.holder.trash
        label = configuration.node.label
        region = configuration.node.region
        version = QuloudVersion.text
    }
}
