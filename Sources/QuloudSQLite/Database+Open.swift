import CSQLite
import Glibc
import QuloudSystem

extension Database {
    /// How to open a database.
    package struct Options: Sendable {
        /// How long to wait for another process's lock.
        package var busyTimeoutMilliseconds: Int32 = 5000
        /// Memory for pages, in KiB.
        package var cacheKibibytes = 16 * 1024
        /// How many pages the log may have before it is written back into the file.
        package var checkpointPages = 1000
        package init() {}
    }

    /// Opens the database at `path` for writing, makes it if it is not there, and brings it to the newest format.
    ///
    /// Throws `.foreign` for another program's database, `.newerFormat` for a later version's, `.damaged` for no database.
    package static func open(
        at path: String, schema: Schema, options: Options = Options()
    ) throws(DatabaseError) -> Database {
        try createPrivately(path)
        try syncFolder(of: path)
        var pointer: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &pointer, flags, nil)
        guard let pointer else { throw DatabaseError(.failed, "open database \(path): no memory") }
        let database = Database(handle: pointer, path: path)
        guard code == SQLITE_OK else {
            throw DatabaseError(code: code, handle: pointer, operation: "open", path: path)
        }
        try database.configure(options)
        try database.check(schema)
        try database.useWriteAheadLog(options)
        // Makes the log, if it is not there.
        _ = try database.formatVersion()
        try syncFolder(of: path)
        try database.migrate(to: schema)
        return database
    }

    /// SQLite gives its log and index files the mode of the database, so it is enough to make that one private. A file that
    /// is already there is left alone: closing a descriptor of it would drop SQLite's own locks on it.
    private static func createPrivately(_ path: String) throws(DatabaseError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            guard errno != EEXIST else { return }
            let code = errno
            let kind: DatabaseError.Kind = [ENOSPC, EDQUOT].contains(code) ? .full : .failed
            throw DatabaseError(kind, "create database \(path): \(String(cString: strerror(code)))")
        }
        Glibc.close(descriptor)
    }

    /// Makes the names of database or log durable. SQLite syncs the folder, too, but overlooks it when that fails, so this
    /// has to come first.
    private static func syncFolder(of path: String) throws(DatabaseError) {
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        do {
            try FileDescriptor.open(Array(parent.utf8), O_RDONLY | O_DIRECTORY).sync()
        } catch {
            throw DatabaseError(error.isFull ? .full : .failed, "open database \(path): folder: \(error)")
        }
    }

    private func configure(_ options: Options) throws(DatabaseError) {
        setBusyTimeout(milliseconds: options.busyTimeoutMilliseconds)
        try configure(SQLITE_DBCONFIG_DEFENSIVE, on: true)
        try configure(SQLITE_DBCONFIG_DQS_DML, on: false)
        try configure(SQLITE_DBCONFIG_DQS_DDL, on: false)
        try script(
            """
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA mmap_size = 0;
            PRAGMA temp_store = MEMORY;
            PRAGMA foreign_keys = ON;
            PRAGMA cache_size = -\(options.cacheKibibytes);
            """, operation: "configure")
    }

    /// Refuses what is not ours before anything is written.
    private func check(_ schema: Schema) throws(DatabaseError) {
        let id = try first("PRAGMA application_id") { $0.integer(0) } ?? 0
        let isEmpty = try first("SELECT count(*) FROM sqlite_schema") { $0.integer(0) == 0 } ?? true
        guard id == Int64(schema.applicationID) || (id == 0 && isEmpty) else {
            throw DatabaseError(.foreign, "open database \(path): not a \(schema.name) of quloud")
        }
        let version = try formatVersion()
        guard version <= schema.migrations.count else {
            throw DatabaseError(
                .newerFormat,
                "open database \(path): \(schema.name) of format \(version), this version knows up to \(schema.migrations.count)"
            )
        }
    }

    private func formatVersion() throws(DatabaseError) -> Int {
        try first("PRAGMA user_version") { $0.int(0) } ?? 0
    }

    private func useWriteAheadLog(_ options: Options) throws(DatabaseError) {
        // To the statement's end, not to its first row: only there it tells whether the file was changed. A file that was not
        // goes on with a rollback journal, whose removal no sync makes durable: a power cut would undo the last commit.
        let mode = try rows("PRAGMA journal_mode = WAL") { $0.text(0) }.last ?? "none"
        guard mode == "wal" else {
            throw DatabaseError(.failed, "open database \(path): the file system permits no write-ahead log (\(mode))")
        }
        // NORMAL would lose the last commits at a power cut.
        try script(
            """
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = \(options.checkpointPages);
            PRAGMA journal_size_limit = 67108864;
            """, operation: "configure")
    }

    private func migrate(to schema: Schema) throws(DatabaseError) {
        guard try formatVersion() < schema.migrations.count else { return }
        try transaction { () throws(DatabaseError) in
            // Another process may have been faster.
            let version = try formatVersion()
            guard version < schema.migrations.count else { return }
            for step in schema.migrations.dropFirst(max(version, 0)) { try script(step, operation: "migrate") }
            try script(
                """
                PRAGMA application_id = \(schema.applicationID);
                PRAGMA user_version = \(schema.migrations.count);
                """, operation: "migrate")
        }
    }

    /// Reads every page and compares what they say of each other; throws `.damaged` with the first contradictions.
    package func checkIntegrity() throws(DatabaseError) {
        let findings = try rows("PRAGMA quick_check(5)") { $0.text(0) }
        guard findings == ["ok"] else {
            noteDamage()
            throw DatabaseError(.damaged, "check database \(path): \(findings.joined(separator: "; "))")
        }
    }
}
