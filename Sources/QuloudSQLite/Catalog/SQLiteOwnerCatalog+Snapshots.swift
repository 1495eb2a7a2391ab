package import QuloudCore

extension SQLiteOwnerCatalog: SnapshotCatalog {
    package func add(_ snapshot: Snapshot, head: HeadRecord) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            try Self.insert(snapshot, database)
            try Self.keep(head, database)
        }
    }

    package func replace(snapshots: [Snapshot], head: HeadRecord) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            try database.run("DELETE FROM snapshots")
            for snapshot in snapshots { try Self.insert(snapshot, database) }
            try Self.keep(head, database)
        }
    }

    /// Inserts, or replaces by id.
    private static func insert(_ snapshot: Snapshot, _ database: Database) throws(DatabaseError) {
        try database.run("DELETE FROM snapshots WHERE id = ?", .id(snapshot.id))
        try database.run(
            """
            INSERT INTO snapshots (id, created_at, label, host, base, manifest_id, manifest_key, manifest_size, files,
                directories, bytes, problems)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .id(snapshot.id), .time(snapshot.createdAt), .text(snapshot.label), .text(snapshot.host),
            .blob(snapshot.base), .id(snapshot.manifest.id), .bytes32(snapshot.manifest.contentKey),
            .integer(snapshot.manifest.plainSize), .integer(snapshot.files), .integer(snapshot.directories),
            .integer(snapshot.bytes), .integer(snapshot.problems))
        let key = database.lastInsertedKey
        for (position, root) in snapshot.roots.enumerated() {
            try database.run(
                "INSERT INTO snapshot_roots (snapshot, position, path) VALUES (?, ?, ?)", .integer(key),
                .integer(position), .blob(root.bytes))
        }
    }

    private static func keep(_ head: HeadRecord, _ database: Database) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO head (only, sequence, record) VALUES (1, ?, ?)
            ON CONFLICT (only) DO UPDATE SET sequence = excluded.sequence, record = excluded.record
            """, .bits(head.sequence), .blob(head.bytes))
    }

    package func snapshots() throws(CatalogError) -> [Snapshot] {
        try read { (database) throws(DatabaseError) in
            try database.rows(
                """
                SELECT key, id, created_at, label, host, base, manifest_id, manifest_key, manifest_size, files,
                    directories, bytes, problems
                FROM snapshots ORDER BY created_at, id
                """
            ) { (row) throws(DatabaseError) in
                Snapshot(
                    id: try row.id(1), createdAt: row.time(2), label: row.text(3), host: row.text(4),
                    base: row.bytes(5), roots: try Self.roots(of: row.integer(0), database),
                    manifest: ChunkRef(id: try row.id(6), contentKey: try row.bytes32(7), plainSize: row.int(8)),
                    files: row.int(9), directories: row.int(10), bytes: row.integer(11), problems: row.int(12))
            }
        }
    }

    private static func roots(of snapshot: Int64, _ database: Database) throws(DatabaseError) -> [TreePath] {
        try database.rows(
            "SELECT path FROM snapshot_roots WHERE snapshot = ? ORDER BY position", .integer(snapshot)
        ) { (row) throws(DatabaseError) in
            guard let path = TreePath(row.bytes(0)) else { throw row.malformed(0) }
            return path
        }
    }

    package func head() throws(CatalogError) -> HeadRecord? {
        try read { (database) throws(DatabaseError) in
            try database.first("SELECT sequence, record FROM head") {
                HeadRecord(sequence: $0.bits(0), bytes: $0.bytes(1))
            }
        }
    }

    package func add(_ mailbox: MailboxRecord) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            try database.run(
                """
                INSERT INTO mailboxes (id, epoch, created_at) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, created_at = excluded.created_at
                """, .id(mailbox.id), .ordered(mailbox.epoch), .time(mailbox.createdAt))
        }
    }

    package func mailboxes() throws(CatalogError) -> [MailboxRecord] {
        try read { (database) throws(DatabaseError) in
            try database.rows("SELECT id, epoch, created_at FROM mailboxes ORDER BY created_at DESC, epoch DESC, id") {
                (row) throws(DatabaseError) in
                MailboxRecord(id: try row.id(0), epoch: row.ordered(1), createdAt: row.time(2))
            }
        }
    }

    package func note(_ audit: AuditNote) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            try database.run("DELETE FROM last_audit")
            try database.run(
                "INSERT INTO last_audit (only, finished_at, challenged, valid, suspect, lost) VALUES (1, ?, ?, ?, ?, ?)",
                .time(audit.finishedAt), .integer(audit.challenged), .integer(audit.valid), .integer(audit.suspect),
                .integer(audit.lost))
        }
    }

    package func lastAudit() throws(CatalogError) -> AuditNote? {
        try read { (database) throws(DatabaseError) in
            try database.first("SELECT finished_at, challenged, valid, suspect, lost FROM last_audit") { row in
                AuditNote(
                    finishedAt: row.time(0), challenged: row.int(1), valid: row.int(2), suspect: row.int(3),
                    lost: row.int(4))
            }
        }
    }

    package func nextAuditDue() throws(CatalogError) -> Timestamp? {
        try read { (database) throws(DatabaseError) in
            try database.first(
                """
                SELECT next_audit FROM replicas INDEXED BY replicas_by_audit WHERE state <= 1 ORDER BY next_audit LIMIT 1
                """
            ) { $0.time(0) }
        }
    }
}
