import Synchronization

/// What the holder's services work with.
package struct HolderContext: Sendable {
    package let keys: NodeKeys
    package let index: any ChunkIndex
    package let heads: any HeadStore
    package let blobs: any BlobStore
    package let fabric: any HolderFabric
    package let time: any TimeSource
    package let entropy: any Entropy
    package let settings: HolderSettings
    /// True for mailboxes of the owner in this same daemon: a node never holds its own chunks.
    package let isOwn: @Sendable (MailboxID) async -> Bool
    package let counters: HolderCounters
    package let note: @Sendable (Note) -> Void
    let changes = HoldingLocks()

    package init(
        keys: NodeKeys, index: any ChunkIndex, heads: any HeadStore, blobs: any BlobStore, fabric: any HolderFabric,
        time: any TimeSource, entropy: any Entropy, settings: HolderSettings,
        isOwn: @escaping @Sendable (MailboxID) async -> Bool, counters: HolderCounters = HolderCounters(),
        note: @escaping @Sendable (Note) -> Void
    ) {
        self.keys = keys
        self.index = index
        self.heads = heads
        self.blobs = blobs
        self.fabric = fabric
        self.time = time
        self.entropy = entropy
        self.settings = settings
        self.isOwn = isOwn
        self.counters = counters
        self.note = note
    }

    /// Bytes that may still be taken: what the operator gives, and what the disk has beyond its reserve. None when the
    /// disk or the index takes nothing any more.
    package func freeBytes() async throws -> Int64 {
        guard await index.takesChanges else { return 0 }
        let used = try await index.usage().storedBytes
        do throws(BlobStoreError) {
            let disk = try await blobs.room().freeBytes
            return max(0, min(settings.capacityBytes - used, disk - settings.reserveFreeBytes))
        } catch  where error.kind == .degraded {
            return 0
        }
    }
}

package struct HolderSettings: Sendable {
    package var capacityBytes: Int64 = 100 << 30
    package var reserveFreeBytes: Int64 = 1 << 30
    /// How long a released chunk lies in the trash.
    package var trash: Duration = .seconds(7 * 86_400)
    package var leaseMax: Duration = .seconds(400 * 86_400)
    package var label = ""
    package var region = ""
    package var version = ""
    /// Tickets worked on at once.
    package var batch = 16
    /// How long tickets gather while they come in numbers, so that one transaction takes many.
    package var gather: Duration = .milliseconds(50)
    package init() {}
}

/// What a holder did and dropped since it started, by reason.
package final class HolderCounters: Sendable {
    package struct Values: Sendable, Equatable {
        package var stored = 0
        package var storedBytes: Int64 = 0
        package var resent = 0
        package var left: [String: Int] = [:]
        package var dropped: [String: Int] = [:]
        package var retrieved = 0
        package var proved = 0
        package var damaged = 0
        package init() {}
    }
    private let state = Mutex(Values())

    package init() {}

    package var values: Values { state.withLock { $0 } }
    func update(_ change: (inout Values) -> Void) { state.withLock { change(&$0) } }
    func drop(_ reason: MessageError) { update { $0.dropped[reason.rawValue, default: 0] += 1 } }
}
