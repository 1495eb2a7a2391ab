package import QuloudCore

// Joins are written in the order in which they are to be done (CROSS JOIN), and indices by name: without statistics
// SQLite might else walk through all chunks. The triggers of the schema keep every count.
extension SQLiteOwnerCatalog: ReplicaCatalog {
    package func record(_ accepted: [AcceptedReplica]) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            for one in accepted {
                try ReplicaRows.learn(one.node, database)
                let replica = one.replica
                let state = ReplicaRows.values(of: replica.state)
                try database.run(
                    """
                    INSERT INTO replicas (chunk, node, ordinal, state, state_at, detail, since, proven_at, next_audit,
                        lease_until, slot, epoch, signature)
                    SELECT c.number, n.key, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
                    FROM chunks c CROSS JOIN nodes n WHERE c.id = ?1 AND n.id = ?2
                    ON CONFLICT (chunk, node) DO UPDATE SET state = excluded.state, state_at = excluded.state_at,
                        detail = excluded.detail, since = excluded.since, proven_at = excluded.proven_at,
                        next_audit = excluded.next_audit, lease_until = excluded.lease_until, slot = excluded.slot,
                        epoch = excluded.epoch, signature = excluded.signature
                    """,
                    .id(replica.chunk), .id(replica.node), ReplicaRows.ordinal(of: replica.chunk), state.state,
                    state.at,
                    state.detail, .time(replica.since), .time(replica.provenAt), .time(replica.nextAudit),
                    .time(replica.leaseUntil), .integer(one.slot), .integer(Int64(one.epoch)), .blob(one.signature))
            }
        }
    }

    package func update(_ replicas: [Replica]) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            for replica in replicas {
                let state = ReplicaRows.values(of: replica.state)
                try database.run(
                    """
                    UPDATE replicas SET state = ?3, state_at = ?4, detail = ?5, proven_at = ?6, next_audit = ?7,
                        lease_until = ?8
                    WHERE chunk = (SELECT number FROM chunks WHERE id = ?1) AND node = (SELECT key FROM nodes WHERE id = ?2)
                    """,
                    .id(replica.chunk), .id(replica.node), state.state, state.at, state.detail,
                    .time(replica.provenAt), .time(replica.nextAudit), .time(replica.leaseUntil))
            }
        }
    }

    package func replicas(of chunks: [ChunkID]) throws(CatalogError) -> [ChunkID: [Replica]] {
        try read { (database) throws(DatabaseError) in
            var found: [ChunkID: [Replica]] = [:]
            for chunk in chunks where found[chunk] == nil {
                let replicas = try database.rows(
                    """
                    SELECT \(ReplicaRows.columns) FROM chunks c CROSS JOIN replicas r ON r.chunk = c.number
                    CROSS JOIN nodes n ON n.key = r.node WHERE c.id = ? ORDER BY n.id
                    """, .id(chunk), map: ReplicaRows.replica)
                if !replicas.isEmpty { found[chunk] = replicas }
            }
            return found
        }
    }

    package func replicasDue(by moment: Timestamp, limit: Int) throws(CatalogError) -> [Replica] {
        try read { (database) throws(DatabaseError) in
            try database.rows(
                """
                SELECT \(ReplicaRows.columns) FROM replicas r INDEXED BY replicas_by_audit
                CROSS JOIN chunks c ON c.number = r.chunk CROSS JOIN nodes n ON n.key = r.node
                WHERE r.state <= 1 AND r.next_audit <= ? ORDER BY r.next_audit LIMIT ?
                """, .time(moment), .integer(max(limit, 0)), map: ReplicaRows.replica)
        }
    }

    package func replicasExpiring(before moment: Timestamp, limit: Int) throws(CatalogError) -> [Replica] {
        try read { (database) throws(DatabaseError) in
            try database.rows(
                """
                SELECT \(ReplicaRows.columns) FROM replicas r INDEXED BY replicas_by_lease
                CROSS JOIN chunks c ON c.number = r.chunk CROSS JOIN nodes n ON n.key = r.node
                WHERE r.state <= 1 AND r.lease_until < ? ORDER BY r.lease_until LIMIT ?
                """, .time(moment), .integer(max(limit, 0)), map: ReplicaRows.replica)
        }
    }

    package func replicas(
        after position: (chunk: ChunkID, node: NodeID)?, on node: NodeID?, limit: Int
    ) throws(CatalogError) -> [Replica] {
        try read { (database) throws(DatabaseError) in
            guard let node else { return try Self.page(database, after: position, limit: limit) }
            return try Self.page(database, after: position, on: node, limit: limit)
        }
    }

    private static func page(
        _ database: Database, after position: (chunk: ChunkID, node: NodeID)?, limit: Int
    ) throws(DatabaseError) -> [Replica] {
        // The empty blob comes before every id.
        try database.rows(
            """
            SELECT \(ReplicaRows.columns) FROM chunks c CROSS JOIN replicas r ON r.chunk = c.number
            CROSS JOIN nodes n ON n.key = r.node
            WHERE c.id >= ?1 AND c.live > 0 AND r.state <= 1 AND (c.id > ?1 OR n.id > ?2) ORDER BY c.id, n.id LIMIT ?3
            """,
            position.map { .id($0.chunk) } ?? .blob([]), position.map { .id($0.node) } ?? .blob([]),
            .integer(max(limit, 0)), map: ReplicaRows.replica)
    }

    private static func page(
        _ database: Database, after position: (chunk: ChunkID, node: NodeID)?, on node: NodeID, limit: Int
    ) throws(DatabaseError) -> [Replica] {
        try database.rows(
            """
            SELECT \(ReplicaRows.columns) FROM nodes n CROSS JOIN replicas r INDEXED BY replicas_by_node ON r.node = n.key
            CROSS JOIN chunks c ON c.number = r.chunk
            WHERE n.id = ?1 AND r.state <= 1 AND r.ordinal >= ?2
                AND (r.ordinal > ?2 OR c.id > ?3 OR (c.id = ?3 AND n.id > ?4))
            ORDER BY r.ordinal, c.id LIMIT ?5
            """,
            .id(node), position.map { ReplicaRows.ordinal(of: $0.chunk) } ?? .integer(Int64.min),
            position.map { .id($0.chunk) } ?? .blob([]), position.map { .id($0.node) } ?? .blob([]),
            .integer(max(limit, 0)), map: ReplicaRows.replica)
    }

    package func nodes() throws(CatalogError) -> [KnownNode] {
        try read { (database) throws(DatabaseError) in
            try database.rows(
                "SELECT id, agreement_key, label, last_seen FROM nodes ORDER BY id", map: ReplicaRows.node)
        }
    }

    package func saw(_ nodes: [KnownNode]) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            for node in nodes { try ReplicaRows.learn(node, database) }
        }
    }
}
