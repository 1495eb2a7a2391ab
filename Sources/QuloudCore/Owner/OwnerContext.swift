import QuloudCrypto

/// What the owner's services work with.
package struct OwnerContext: Sendable {
    package let keys: OwnerKeys
    package let catalog: any OwnerCatalog
    package let fabric: any OwnerFabric
    package let time: any TimeSource
    package let entropy: any Entropy
    package let settings: OwnerSettings
    /// This daemon's own holder role, which never counts as a place for the owner's chunks.
    package let ownNode: NodeID?

    package init(
        keys: OwnerKeys, catalog: any OwnerCatalog, fabric: any OwnerFabric, time: any TimeSource,
        entropy: any Entropy, settings: OwnerSettings, ownNode: NodeID?
    ) {
        self.keys = keys
        self.catalog = catalog
        self.fabric = fabric
        self.time = time
        self.entropy = entropy
        self.settings = settings
        self.ownNode = ownNode
    }

    /// The same with other settings.
    package func with(_ settings: OwnerSettings) -> OwnerContext {
        OwnerContext(
            keys: keys, catalog: catalog, fabric: fabric, time: time, entropy: entropy, settings: settings,
            ownNode: ownNode)
    }
}

package struct OwnerSettings: Sendable {
    package var quorum = 3
    package var lease: Duration = .seconds(180 * 86_400)
    package var cutting = Cutting.content
    package var chunkSizes = ChunkSizes.standard
    package var compressionLevel = 3
    /// Bytes of plaintext and sealed chunks in memory at once.
    package var memoryMax = 44 << 20
    package var excludes: [String] = []
    package var oneFileSystem = false
    /// Every replica is challenged at least this often.
    package var coverWithin: Duration = .seconds(30 * 86_400)
    package var retryAfter: Duration = .seconds(900)
    /// How long a node may be silent before its replicas are replaced.
    package var grace: Duration = .seconds(72 * 3600)
    package var auditBatchBytes = 64 << 20
    package var placement = PlacementPolicy()
    package init() {}
}

/// Patience with holders while chunks are placed.
package struct PlacementPolicy: Sendable {
    /// When no receipt comes for this long, other holders are asked.
    package var askOthersAfter: Duration = .seconds(6)
    /// A chunk that is still incomplete after this long is called out in the lanes.
    package var openCallAfter: Duration = .seconds(18)
    /// After this long without a receipt the chunk is left with the replicas it has.
    package var giveUpAfter: Duration = .seconds(30)
    /// How long to listen for holders that announce themselves.
    package var discovery: Duration = .milliseconds(700)
    /// How long what is to be recorded gathers while many chunks are under way, so that one transaction takes many.
    package var gather: Duration = .milliseconds(50)
    /// How long the broker may be away before the work is given up.
    package var brokerPatience: Duration = .seconds(60)
    package init() {}
}
