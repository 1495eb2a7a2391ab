import QuloudCore
import QuloudTestKit

/// Told of what an owner is about to write down.
struct OwnerWatch: Sendable {
    let counts: @Sendable ([AcceptedReplica]) -> Void
    let judges: @Sendable (_ before: [Replica], _ after: [Replica]) -> Void
    let opens: @Sendable (MailboxRecord) -> Void
}

/// An owner's catalog as one opening of it shows it.
struct MountedCatalog: Sendable {
    /// Of a catalog in memory; a real one has a disk.
    var mount: Mount?
    let inner: any OwnerCatalog
    let watch: OwnerWatch
    /// What a dead process is about to write does not count.
    let isDead: @Sendable () -> Bool

    private func write(_ change: @escaping @Sendable () async throws(CatalogError) -> Void) async throws(CatalogError) {
        guard let mount else { return try await change() }
        switch await mount.write([{ try? await change() }]) {
        case .done: return
        case .full: throw CatalogError(.full, "disk full")
        case .degraded: throw CatalogError(.failed, "an earlier write failed")
        case .dead, .failed: throw CatalogError(.failed, "device error")
        }
    }
    private func look() async throws(CatalogError) {
        guard let mount else { return }
        guard await mount.read() else { throw CatalogError(.failed, "device error") }
    }
}

extension MountedCatalog: ChunkCatalog {
    func chunks(with fingerprints: [Fingerprint]) async throws(CatalogError) -> [Fingerprint: CatalogChunk] {
        try await look()
        return try await inner.chunks(with: fingerprints)
    }
    func chunks(_ ids: [ChunkID]) async throws(CatalogError) -> [ChunkID: CatalogChunk] {
        try await look()
        return try await inner.chunks(ids)
    }
    func prepare(_ chunks: [PreparedChunk]) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.prepare(chunks) }
    }
    func source(of chunk: ChunkID) async throws(CatalogError) -> [SourcePart] {
        try await look()
        return try await inner.source(of: chunk)
    }
    func chunksBelowQuorum(after id: ChunkID?, limit: Int) async throws(CatalogError) -> [CatalogChunk] {
        try await look()
        return try await inner.chunksBelowQuorum(after: id, limit: limit)
    }
    func raiseQuorum(to quorum: Int) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.raiseQuorum(to: quorum) }
    }
    func keepSealed(_ sealed: [UInt8], of chunk: ChunkID) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.keepSealed(sealed, of: chunk) }
    }
    func sealed(_ chunk: ChunkID) async throws(CatalogError) -> [UInt8]? {
        try await look()
        return try await inner.sealed(chunk)
    }
}

extension MountedCatalog: ReplicaCatalog {
    func record(_ accepted: [AcceptedReplica]) async throws(CatalogError) {
        let inner = inner
        if !isDead() { watch.counts(accepted) }
        try await write { () async throws(CatalogError) in try await inner.record(accepted) }
    }
    func update(_ replicas: [Replica]) async throws(CatalogError) {
        let inner = inner
        if !isDead() {
            let before = try await inner.replicas(of: replicas.map(\.chunk)).values.flatMap { $0 }
            watch.judges(before, replicas)
        }
        try await write { () async throws(CatalogError) in try await inner.update(replicas) }
    }
    func replicas(of chunks: [ChunkID]) async throws(CatalogError) -> [ChunkID: [Replica]] {
        try await look()
        return try await inner.replicas(of: chunks)
    }
    func replicasDue(by moment: Timestamp, limit: Int) async throws(CatalogError) -> [Replica] {
        try await look()
        return try await inner.replicasDue(by: moment, limit: limit)
    }
    func replicas(
        after position: (chunk: ChunkID, node: NodeID)?, on node: NodeID?, limit: Int
    ) async throws(CatalogError) -> [Replica] {
        try await look()
        return try await inner.replicas(after: position, on: node, limit: limit)
    }
    func replicas(at positions: [Double]) async throws(CatalogError) -> [Replica] {
        try await look()
        return try await inner.replicas(at: positions)
    }
    func replicasExpiring(before moment: Timestamp, limit: Int) async throws(CatalogError) -> [Replica] {
        try await look()
        return try await inner.replicasExpiring(before: moment, limit: limit)
    }
    func nodes() async throws(CatalogError) -> [KnownNode] {
        try await look()
        return try await inner.nodes()
    }
    func saw(_ nodes: [KnownNode]) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.saw(nodes) }
    }
    func summary() async throws(CatalogError) -> CatalogSummary {
        try await look()
        return try await inner.summary()
    }
}

extension MountedCatalog: SnapshotCatalog {
    func add(_ snapshot: Snapshot, head: HeadRecord) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.add(snapshot, head: head) }
    }
    func snapshots() async throws(CatalogError) -> [Snapshot] {
        try await look()
        return try await inner.snapshots()
    }
    func head() async throws(CatalogError) -> HeadRecord? {
        try await look()
        return try await inner.head()
    }
    func replace(snapshots: [Snapshot], head: HeadRecord) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.replace(snapshots: snapshots, head: head) }
    }
    func add(_ mailbox: MailboxRecord) async throws(CatalogError) {
        let inner = inner
        watch.opens(mailbox)
        try await write { () async throws(CatalogError) in try await inner.add(mailbox) }
    }
    func mailboxes() async throws(CatalogError) -> [MailboxRecord] {
        try await look()
        return try await inner.mailboxes()
    }
    func note(_ audit: AuditNote) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.note(audit) }
    }
    func lastAudit() async throws(CatalogError) -> AuditNote? {
        try await look()
        return try await inner.lastAudit()
    }
    func nextAuditDue() async throws(CatalogError) -> Timestamp? {
        try await look()
        return try await inner.nextAuditDue()
    }
}

extension MountedCatalog: FileCache {
    func cached(in directory: SystemPath) async throws(CatalogError) -> [CachedFile] {
        try await look()
        return try await inner.cached(in: directory)
    }
    func apply(_ changes: [CacheChange]) async throws(CatalogError) {
        let inner = inner
        try await write { () async throws(CatalogError) in try await inner.apply(changes) }
    }
}
