package import QuloudCore
import QuloudCrypto

/// Small made-up records for checking catalogs and indices. Numbers stand for identifiers; moments are in seconds.
package enum Sample {
    package static func chunk(_ number: UInt64, quorum: Int = 3, fingerprint: UInt64? = nil) -> CatalogChunk {
        CatalogChunk(
            id: .numbered(number), fingerprint: fingerprint.map { .numbered($0) },
            contentKey: Bytes32(Array(repeating: UInt8(truncatingIfNeeded: number), count: 32)) ?? Bytes32(),
            plainSize: 1000 + Int(number), sealedSize: 1100 + Int(number),
            purpose: number.isMultiple(of: 2) ? .data : .metadata, quorum: quorum, createdAt: Timestamp(seconds: 50))
    }

    package static func prepared(_ number: UInt64, quorum: Int = 3) -> PreparedChunk {
        PreparedChunk(chunk: chunk(number, quorum: quorum, fingerprint: number + 10_000), source: [])
    }

    package static func node(_ number: UInt64, label: String = "attic", seen: Int64 = 100) -> KnownNode {
        KnownNode(
            id: .numbered(number), agreementKey: .numbered(number + 500), label: label,
            lastSeen: Timestamp(seconds: seen))
    }

    package static func replica(
        _ chunk: UInt64, on node: UInt64, _ state: ReplicaState = .valid, since: Int64 = 100, proven: Int64 = 100,
        audit: Int64 = 200, lease: Int64 = 1000
    ) -> Replica {
        Replica(
            chunk: .numbered(chunk), node: .numbered(node), state: state, since: Timestamp(seconds: since),
            provenAt: Timestamp(seconds: proven), nextAudit: Timestamp(seconds: audit),
            leaseUntil: Timestamp(seconds: lease))
    }

    package static func accepted(_ replica: Replica, node: KnownNode? = nil) -> AcceptedReplica {
        let known =
            node
            ?? KnownNode(
                id: replica.node, agreementKey: AgreementKey(replica.node.value), label: "attic",
                lastSeen: Timestamp(seconds: 100))
        return AcceptedReplica(
            replica: replica, node: known, slot: 1, epoch: 7, signature: Array(repeating: 9, count: 64))
    }

    package static func holding(
        _ key: UInt64, chunk: UInt64, size: Int = 900, group: UInt8? = nil, lease: Int64 = 1000,
        _ state: Holding.State = .stored, trashedUntil: Int64? = nil
    ) -> Holding {
        Holding(
            key: .numbered(key), chunk: .numbered(chunk), size: size, storedSize: size + 100,
            sealedTerms: [1, 2, 3, UInt8(truncatingIfNeeded: key)], groupTag: group.map { [$0, $0] },
            leaseUntil: Timestamp(seconds: lease), storedAt: Timestamp(seconds: 10), state: state,
            trashedUntil: trashedUntil.map { Timestamp(seconds: $0) })
    }

    package static func snapshot(_ number: UInt64, at seconds: Int64, roots: [TreePath] = [.base]) -> Snapshot {
        Snapshot(
            id: .numbered(number), createdAt: Timestamp(seconds: seconds), label: "photos \(number) – ü", host: "nas",
            base: Array("/srv".utf8) + [0xFF], roots: roots,
            manifest: ChunkRef(id: .numbered(number + 70), contentKey: Bytes32(), plainSize: 4096), files: 12,
            directories: 3, bytes: 1 << 40, problems: 1)
    }

    package static func file(_ name: String, inode: UInt64 = 1, content: [UInt8] = [1, 2, 3]) -> CachedFile {
        CachedFile(
            name: Array(name.utf8),
            stamp: FileStamp(
                device: .max, inode: inode, size: 1 << 45, modifiedSeconds: -5, modifiedNanoseconds: 999_999_999,
                changedSeconds: 1 << 33, changedNanoseconds: 1, links: .max), content: content)
    }
}

extension OwnerCatalogReading {
    /// Prepares chunks and records where they lie, by number: chunk to nodes.
    static func place(_ places: [(UInt64, [UInt64])], quorum: Int = 3, in catalog: any OwnerCatalog) async throws {
        try await catalog.prepare(places.map { Sample.prepared($0.0, quorum: quorum) })
        try await catalog.record(
            places.flatMap { chunk, nodes in nodes.map { Sample.accepted(Sample.replica(chunk, on: $0)) } })
    }
}

/// What the suites of the catalog's ports share.
enum OwnerCatalogReading {
    /// Every page of counting replicas, joined.
    static func pages(of catalog: any OwnerCatalog, on node: NodeID?, limit: Int) async throws -> [Replica] {
        var found: [Replica] = []
        while true {
            let page = try await catalog.replicas(
                after: found.last.map { ($0.chunk, $0.node) }, on: node, limit: limit)
            if page.isEmpty || found.count > 10_000 { return found }
            found += page
        }
    }
}
