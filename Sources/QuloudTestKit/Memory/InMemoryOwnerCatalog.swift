package import QuloudCore
import Synchronization

/// An owner's catalog that forgets everything with the process. It counts by looking at everything, which makes it the
/// measure for adapters that keep counters.
package final class InMemoryOwnerCatalog: Sendable {
    struct State {
        /// `liveReplicas` is not kept here: see `current`.
        var chunks: [ChunkID: CatalogChunk] = [:]
        var byFingerprint: [Fingerprint: ChunkID] = [:]
        var sources: [ChunkID: [SourcePart]] = [:]
        var sealed: [ChunkID: [UInt8]] = [:]
        var replicas: [ChunkID: [NodeID: Replica]] = [:]
        /// Without a replica, and yet placed once.
        var placedOnce: Set<ChunkID> = []
        var placed: Set<ChunkID> { placedOnce.union(replicas.keys) }
        var nodes: [NodeID: KnownNode] = [:]
        var snapshots: [SnapshotID: Snapshot] = [:]
        var head: HeadRecord?
        var mailboxes: [MailboxID: MailboxRecord] = [:]
        var lastAudit: AuditNote?
        var files: [SystemPath: [[UInt8]: CachedFile]] = [:]

        func counting(_ chunk: ChunkID) -> [Replica] {
            (replicas[chunk] ?? [:]).values.filter(\.state.counts).sorted { $0.node < $1.node }
        }

        /// The chunk with its count of live replicas.
        func current(_ id: ChunkID) -> CatalogChunk? {
            guard var chunk = chunks[id] else { return nil }
            chunk.liveReplicas = counting(id).count
            return chunk
        }

        /// Every counting replica, in order of chunk, then node.
        var allCounting: [Replica] { replicas.keys.sorted().flatMap { counting($0) } }
    }
    let state = Mutex(State())

    package init() {}

    /// Another catalog with the same content, as a restored disk image has it.
    package func copy() -> InMemoryOwnerCatalog {
        let copy = InMemoryOwnerCatalog()
        let content = state.withLock { $0 }
        copy.state.withLock { $0 = content }
        return copy
    }
}

extension InMemoryOwnerCatalog: ChunkCatalog {
    package func chunks(
        with fingerprints: [Fingerprint]
    ) async throws(CatalogError) -> [Fingerprint: CatalogChunk] {
        state.withLock { state in
            var found: [Fingerprint: CatalogChunk] = [:]
            for fingerprint in fingerprints {
                found[fingerprint] = state.byFingerprint[fingerprint].flatMap { state.current($0) }
            }
            return found
        }
    }

    package func chunks(_ ids: [ChunkID]) async throws(CatalogError) -> [ChunkID: CatalogChunk] {
        state.withLock { state in
            var found: [ChunkID: CatalogChunk] = [:]
            for id in ids { found[id] = state.current(id) }
            return found
        }
    }

    package func prepare(_ chunks: [PreparedChunk]) async throws(CatalogError) {
        state.withLock { state in
            for prepared in chunks {
                let given = prepared.chunk
                if state.chunks[given.id] == nil {
                    var chunk = given
                    chunk.fingerprint = nil
                    state.chunks[given.id] = chunk
                }
                if let fingerprint = given.fingerprint, state.chunks[given.id]?.fingerprint == nil {
                    let other = state.byFingerprint[fingerprint]
                    if other.map({ state.counting($0).isEmpty }) ?? true {
                        if let other { state.chunks[other]?.fingerprint = nil }
                        state.chunks[given.id]?.fingerprint = fingerprint
                        state.byFingerprint[fingerprint] = given.id
                    }
                }
                state.sources[given.id] = prepared.source
                if prepared.wasPlaced { state.placedOnce.insert(given.id) }
            }
        }
    }

    package func source(of chunk: ChunkID) async throws(CatalogError) -> [SourcePart] {
        state.withLock { $0.sources[chunk] ?? [] }
    }

    package func chunksBelowQuorum(after id: ChunkID?, limit: Int) async throws(CatalogError) -> [CatalogChunk] {
        state.withLock { state in
            let later = state.placed.sorted().filter { chunk in id.map { chunk > $0 } ?? true }
            let below = later.compactMap { state.current($0) }.filter { $0.liveReplicas < $0.quorum }
            return Array(below.prefix(max(limit, 0)))
        }
    }

    package func raiseQuorum(to quorum: Int) async throws(CatalogError) {
        state.withLock { state in
            for (id, chunk) in state.chunks where chunk.quorum < quorum { state.chunks[id]?.quorum = quorum }
        }
    }

    package func keepSealed(_ sealed: [UInt8], of chunk: ChunkID) async throws(CatalogError) {
        state.withLock { $0.sealed[chunk] = sealed }
    }

    package func sealed(_ chunk: ChunkID) async throws(CatalogError) -> [UInt8]? {
        state.withLock { $0.sealed[chunk] }
    }
}

extension InMemoryOwnerCatalog: SnapshotCatalog {
    package func add(_ snapshot: Snapshot, head: HeadRecord) async throws(CatalogError) {
        state.withLock { state in
            state.snapshots[snapshot.id] = snapshot
            state.head = head
        }
    }

    package func snapshots() async throws(CatalogError) -> [Snapshot] {
        state.withLock { $0.snapshots.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }
    }

    package func head() async throws(CatalogError) -> HeadRecord? { state.withLock(\.head) }

    package func replace(snapshots: [Snapshot], head: HeadRecord) async throws(CatalogError) {
        state.withLock { state in
            state.snapshots = [:]
            for snapshot in snapshots { state.snapshots[snapshot.id] = snapshot }
            state.head = head
        }
    }

    package func add(_ mailbox: MailboxRecord) async throws(CatalogError) {
        state.withLock { $0.mailboxes[mailbox.id] = mailbox }
    }

    package func mailboxes() async throws(CatalogError) -> [MailboxRecord] {
        state.withLock {
            $0.mailboxes.values.sorted { ($1.createdAt, $1.epoch, $0.id) < ($0.createdAt, $0.epoch, $1.id) }
        }
    }

    package func note(_ audit: AuditNote) async throws(CatalogError) { state.withLock { $0.lastAudit = audit } }
    package func lastAudit() async throws(CatalogError) -> AuditNote? { state.withLock(\.lastAudit) }
    package func nextAuditDue() async throws(CatalogError) -> Timestamp? {
        state.withLock { $0.allCounting.map(\.nextAudit).min() }
    }
}

extension InMemoryOwnerCatalog: FileCache {
    package func cached(in directory: SystemPath) async throws(CatalogError) -> [CachedFile] {
        state.withLock { state in
            (state.files[directory] ?? [:]).values.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        }
    }

    package func apply(_ changes: [CacheChange]) async throws(CatalogError) {
        state.withLock { state in
            for change in changes {
                for name in change.removed { state.files[change.directory]?[name] = nil }
                for file in change.changed { state.files[change.directory, default: [:]][file.name] = file }
            }
        }
    }
}
