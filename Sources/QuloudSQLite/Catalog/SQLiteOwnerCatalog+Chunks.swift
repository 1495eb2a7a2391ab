package import QuloudCore

extension SQLiteOwnerCatalog: ChunkCatalog {
    private static let columns = """
        id, fingerprint, content_key, plain_size, sealed_size, purpose, quorum, live, created_at
        """

    private static func chunk(_ row: Row) throws(DatabaseError) -> CatalogChunk {
        CatalogChunk(
            id: try row.id(0), fingerprint: row.isNull(1) ? nil : try row.id(1), contentKey: try row.bytes32(2),
            plainSize: row.int(3), sealedSize: row.int(4), purpose: try row.choice(5), quorum: row.int(6),
            liveReplicas: row.int(7), createdAt: row.time(8))
    }

    package func chunks(
        with fingerprints: [Fingerprint]
    ) throws(CatalogError) -> [Fingerprint: CatalogChunk] {
        try read { (database) throws(DatabaseError) in
            var found: [Fingerprint: CatalogChunk] = [:]
            for fingerprint in fingerprints where found[fingerprint] == nil {
                found[fingerprint] = try database.first(
                    "SELECT \(Self.columns) FROM chunks WHERE fingerprint = ?", .id(fingerprint), map: Self.chunk)
            }
            return found
        }
    }

    package func chunks(_ ids: [ChunkID]) throws(CatalogError) -> [ChunkID: CatalogChunk] {
        try read { (database) throws(DatabaseError) in
            var found: [ChunkID: CatalogChunk] = [:]
            for id in ids where found[id] == nil {
                found[id] = try database.first(
                    "SELECT \(Self.columns) FROM chunks WHERE id = ?", .id(id), map: Self.chunk)
            }
            return found
        }
    }

    package func prepare(_ chunks: [PreparedChunk]) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            var directories = DirectoryKeys(database)
            for prepared in chunks {
                let number = try Self.insert(prepared.chunk, database)
                if prepared.wasPlaced {
                    try database.run("UPDATE chunks SET placed = 1 WHERE number = ? AND NOT placed", .integer(number))
                }
                for (position, part) in prepared.source.enumerated() {
                    try Self.insert(part, at: position, of: number, &directories, database)
                }
            }
        }
    }

    /// Returns the number of the chunk, which has no source then.
    private static func insert(_ chunk: CatalogChunk, _ database: Database) throws(DatabaseError) -> Int64 {
        let known = try database.first(
            "SELECT number, fingerprint IS NULL FROM chunks WHERE id = ?", .id(chunk.id)
        ) { (number: $0.integer(0), lacksFingerprint: $0.int(1) == 1) }
        guard let known else {
            let fingerprint = try free(chunk.fingerprint, database)
            try database.run(
                """
                INSERT INTO chunks (id, fingerprint, content_key, plain_size, sealed_size, purpose, quorum, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                .id(chunk.id), .id(fingerprint), .bytes32(chunk.contentKey), .integer(chunk.plainSize),
                .integer(chunk.sealedSize), .integer(Int64(chunk.purpose.rawValue)), .integer(chunk.quorum),
                .time(chunk.createdAt))
            return database.lastInsertedKey
        }
        if known.lacksFingerprint, let fingerprint = try free(chunk.fingerprint, database) {
            try database.run(
                "UPDATE chunks SET fingerprint = ? WHERE number = ?", .id(fingerprint), .integer(known.number))
        }
        try database.run("DELETE FROM sources WHERE chunk = ?", .integer(known.number))
        return known.number
    }

    /// The fingerprint, taken from the chunk that has it unless that one is still stored somewhere; `nil` if it is.
    private static func free(_ fingerprint: Fingerprint?, _ database: Database) throws(DatabaseError) -> Fingerprint? {
        guard let fingerprint else { return nil }
        let isStored = try database.first("SELECT live > 0 FROM chunks WHERE fingerprint = ?", .id(fingerprint)) {
            $0.int(0) == 1
        }
        guard isStored != true else { return nil }
        try database.run("UPDATE chunks SET fingerprint = NULL WHERE fingerprint = ?", .id(fingerprint))
        return fingerprint
    }

    private static func insert(
        _ part: SourcePart, at position: Int, of chunk: Int64, _ directories: inout DirectoryKeys, _ database: Database
    ) throws(DatabaseError) {
        var directory = Value.null
        var name = part.path
        if let slash = part.path.lastIndex(of: UInt8(ascii: "/")) {
            directory = .integer(try directories.key(of: Array(part.path[..<slash])))
            name = Array(part.path[(slash + 1)...])
        }
        try database.run(
            "INSERT INTO sources (chunk, position, directory, name, offset, length) VALUES (?, ?, ?, ?, ?, ?)",
            .integer(chunk), .integer(position), directory, .blob(name), .integer(part.offset), .integer(part.length))
    }

    package func source(of chunk: ChunkID) throws(CatalogError) -> [SourcePart] {
        try read { (database) throws(DatabaseError) in
            try database.rows(
                """
                SELECT d.path, s.name, s.offset, s.length FROM sources s LEFT JOIN directories d ON d.key = s.directory
                WHERE s.chunk = (SELECT number FROM chunks WHERE id = ?) ORDER BY s.position
                """, .id(chunk)
            ) { row in
                let path = row.isNull(0) ? row.bytes(1) : row.bytes(0) + [UInt8(ascii: "/")] + row.bytes(1)
                return SourcePart(path: path, offset: row.integer(2), length: row.int(3))
            }
        }
    }

    package func chunksBelowQuorum(after id: ChunkID?, limit: Int) throws(CatalogError) -> [CatalogChunk] {
        try read { (database) throws(DatabaseError) in
            // The empty blob comes before every id.
            try database.rows(
                """
                SELECT \(Self.columns) FROM chunks INDEXED BY chunks_below_quorum
                WHERE placed AND live < quorum AND id > ? ORDER BY id LIMIT ?
                """, id.map { .id($0) } ?? .blob([]), .integer(max(limit, 0)), map: Self.chunk)
        }
    }

    package func raiseQuorum(to quorum: Int) throws(CatalogError) {
        let least = try read { (database) throws(DatabaseError) in
            try database.first("SELECT least_quorum FROM totals") { $0.int(0) } ?? 0
        }
        guard least < quorum else { return }
        try write { (database) throws(DatabaseError) in
            try database.run("UPDATE chunks SET quorum = ?1 WHERE quorum < ?1", .integer(quorum))
            try database.run("UPDATE totals SET least_quorum = ?", .integer(quorum))
        }
    }

    package func keepSealed(_ sealed: [UInt8], of chunk: ChunkID) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            try database.run(
                """
                INSERT INTO kept_sealed (id, sealed) VALUES (?, ?)
                ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed
                """, .id(chunk), .blob(sealed))
        }
    }

    package func sealed(_ chunk: ChunkID) throws(CatalogError) -> [UInt8]? {
        try read { (database) throws(DatabaseError) in
            try database.first("SELECT sealed FROM kept_sealed WHERE id = ?", .id(chunk)) { $0.bytes(0) }
        }
    }
}
