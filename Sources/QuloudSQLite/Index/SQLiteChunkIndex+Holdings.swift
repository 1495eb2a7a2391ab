package import QuloudCore

extension SQLiteChunkIndex: ChunkIndex {
    private static let columns = """
        key, chunk, size, stored_size, sealed_terms, group_tag, lease_until, stored_at, state, trashed_until
        """

    package func commit(_ holdings: [Holding]) throws(ChunkIndexError) {
        try write { (database) throws(DatabaseError) in
            for holding in holdings {
                // Not INSERT OR REPLACE: that deletes without firing the triggers that keep the usage.
                try database.run(
                    """
                    INSERT INTO holdings (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (key) DO UPDATE SET chunk = excluded.chunk, size = excluded.size,
                        stored_size = excluded.stored_size, sealed_terms = excluded.sealed_terms,
                        group_tag = excluded.group_tag, lease_until = excluded.lease_until,
                        stored_at = excluded.stored_at, state = excluded.state, trashed_until = excluded.trashed_until
                    """,
                    .id(holding.key), .id(holding.chunk), .integer(holding.size), .integer(holding.storedSize),
                    .blob(holding.sealedTerms), holding.groupTag.map { .blob($0) } ?? .null,
                    .time(holding.leaseUntil), .time(holding.storedAt), .integer(Int64(holding.state.rawValue)),
                    .time(holding.trashedUntil))
            }
        }
    }

    package func holdings(of chunks: [ChunkID]) throws(ChunkIndexError) -> [ChunkID: [Holding]] {
        try read { (database) throws(DatabaseError) in
            var found: [ChunkID: [Holding]] = [:]
            for chunk in chunks where found[chunk] == nil {
                let holdings = try database.rows(
                    "SELECT \(Self.columns) FROM holdings WHERE chunk = ? ORDER BY key", .id(chunk), map: Self.holding)
                if !holdings.isEmpty { found[chunk] = holdings }
            }
            return found
        }
    }

    package func hasGroup(_ tag: [UInt8], otherThan chunk: ChunkID) throws(ChunkIndexError) -> Bool {
        try read { (database) throws(DatabaseError) in
            try database.first(
                "SELECT 1 FROM holdings WHERE group_tag = ? AND chunk <> ? LIMIT 1", .blob(tag), .id(chunk)
            ) { _ in true } ?? false
        }
    }

    package func remove(_ keys: [HoldingKey]) throws(ChunkIndexError) {
        try write { (database) throws(DatabaseError) in
            for key in keys { try database.run("DELETE FROM holdings WHERE key = ?", .id(key)) }
        }
    }

    package var takesChanges: Bool { (try? read { $0.takesChanges }) ?? false }

    package func usage() throws(ChunkIndexError) -> HolderUsage {
        try read { (database) throws(DatabaseError) in
            try database.first("SELECT chunks, stored_bytes, trashed, damaged FROM usage") { row in
                var usage = HolderUsage()
                usage.chunks = row.int(0)
                usage.storedBytes = row.integer(1)
                usage.trashedChunks = row.int(2)
                usage.damagedChunks = row.int(3)
                return usage
            } ?? HolderUsage()
        }
    }

    package func expired(before moment: Timestamp, limit: Int) throws(ChunkIndexError) -> [Holding] {
        try read { (database) throws(DatabaseError) in
            try database.rows(
                "SELECT \(Self.columns) FROM holdings WHERE ends_at < ? ORDER BY ends_at, key LIMIT ?",
                .time(moment), .integer(max(limit, 0)), map: Self.holding)
        }
    }

    package func holdings(after key: HoldingKey?, limit: Int) throws(ChunkIndexError) -> [Holding] {
        try read { (database) throws(DatabaseError) in
            // The empty blob comes before every key.
            try database.rows(
                "SELECT \(Self.columns) FROM holdings WHERE key > ? ORDER BY key LIMIT ?",
                key.map { .id($0) } ?? .blob([]), .integer(max(limit, 0)), map: Self.holding)
        }
    }

    private static func holding(_ row: Row) throws(DatabaseError) -> Holding {
        Holding(
            key: try row.id(0), chunk: try row.id(1), size: row.int(2), storedSize: row.int(3),
            sealedTerms: row.bytes(4), groupTag: row.isNull(5) ? nil : row.bytes(5), leaseUntil: row.time(6),
            storedAt: row.time(7), state: try row.choice(8), trashedUntil: row.optionalTime(9))
    }
}
