package import QuloudCore

extension SQLiteOwnerCatalog {
    package func summary() throws(CatalogError) -> CatalogSummary {
        try read { (database) throws(DatabaseError) in
            var summary =
                try database.first(
                    "SELECT chunks, sealed_bytes, below_quorum, without_replica, pending FROM totals"
                ) { row in
                    var summary = CatalogSummary()
                    summary.chunks = row.int(0)
                    summary.sealedBytes = row.integer(1)
                    summary.chunksBelowQuorum = row.int(2)
                    summary.chunksWithoutReplica = row.int(3)
                    summary.pendingReplicas = row.int(4)
                    return summary
                } ?? CatalogSummary()
            summary.snapshots = try database.first("SELECT count(*) FROM snapshots") { $0.int(0) } ?? 0
            summary.byNode = try database.rows(
                """
                SELECT id, agreement_key, label, last_seen, valid, suspect, lost, sealed_bytes,
                    (SELECT min(proven_at) FROM replicas INDEXED BY replicas_by_proof WHERE node = nodes.key AND state <= 1)
                FROM nodes ORDER BY id
                """
            ) { (row) throws(DatabaseError) in
                var counts = ReplicaCounts()
                counts.valid = row.int(4)
                counts.suspect = row.int(5)
                counts.lost = row.int(6)
                return NodeSummary(
                    node: try ReplicaRows.node(row), replicas: counts, sealedBytes: row.integer(7),
                    oldestProof: row.optionalTime(8))
            }
            for node in summary.byNode {
                summary.replicas.valid += node.replicas.valid
                summary.replicas.suspect += node.replicas.suspect
                summary.replicas.lost += node.replicas.lost
            }
            return summary
        }
    }
}
