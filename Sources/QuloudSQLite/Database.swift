import CSQLite

/// A connection to one SQLite database: a thin layer that binds, steps, and turns result codes into typed errors.
///
/// Not for two threads at once: whoever owns it keeps it to itself. Calls block, so the owner is an actor on a serial queue.
package final class Database {
    /// Of the file, as it was opened.
    package let path: String
    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    /// After a failed write or fsync the kernel may have dropped pages that SQLite believes written.
    private var isDegraded = false
    /// Its pages contradict each other: nothing more is written into it, not even from its own log.
    private var isDamaged = false

    /// Takes over an open handle.
    init(handle: OpaquePointer, path: String) {
        self.handle = handle
        self.path = path
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs a statement that returns nothing of interest. The text is prepared once and kept.
    package func run(_ sql: String, _ values: Value...) throws(DatabaseError) {
        try step(sql, values) { (_) throws(DatabaseError) in true }
    }

    /// The rows of a query, each made into a value.
    package func rows<Element>(
        _ sql: String, _ values: Value..., map: (Row) throws(DatabaseError) -> Element
    ) throws(DatabaseError) -> [Element] {
        var elements: [Element] = []
        try step(sql, values) { (row) throws(DatabaseError) in
            elements.append(try map(row))
            return true
        }
        return elements
    }

    /// The first row of a query, or `nil` when there is none.
    package func first<Element>(
        _ sql: String, _ values: Value..., map: (Row) throws(DatabaseError) -> Element
    ) throws(DatabaseError) -> Element? {
        var element: Element?
        try step(sql, values) { (row) throws(DatabaseError) in
            element = try map(row)
            return false
        }
        return element
    }

    /// How many rows the last `run` changed.
    package var changedRows: Int { Int(sqlite3_changes64(handle)) }
    /// The key of the row inserted last.
    package var lastInsertedKey: Int64 { sqlite3_last_insert_rowid(handle) }

    /// How many steps SQLite's machine took for all statements so far, wrapping around: the same on every computer, so that
    /// tests can tell whether a call's cost grows with the database.
    package var machineSteps: UInt32 {
        statements.values.reduce(0) {
            $0 &+ UInt32(bitPattern: sqlite3_stmt_status($1.handle, SQLITE_STMTSTATUS_VM_STEP, 0))
        }
    }

    /// Runs `body` in one transaction that takes the write lock at once; it is durable on return. Undone when `body` throws.
    package func transaction<Value>(_ body: () throws(DatabaseError) -> Value) throws(DatabaseError) -> Value {
        guard !isDegraded else {
            throw DatabaseError(.failed, "write to database \(path): a write failed earlier; it must be opened again")
        }
        try run("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // SQLite rolls back by itself after some errors.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw error
        }
    }

    /// Runs several statements that take no parameters.
    func script(_ sql: String, operation: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, operation) }
    }

    /// Switches a boolean option of `sqlite3_db_config`.
    func configure(_ option: Int32, on: Bool) throws(DatabaseError) {
        let code = quloud_sqlite_switch(handle, option, on ? 1 : 0)
        guard code == SQLITE_OK else { throw failure(code, "configure") }
    }

    /// Sets how long to wait for a lock.
    func setBusyTimeout(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    /// Writes the log back into the file and closes. Without it, closing happens on release, and errors go unseen. Throws
    /// when the file is to be checked before it is used again.
    package consuming func close() throws(DatabaseError) {
        defer { statements.removeAll() }
        guard !isDegraded, !isDamaged else {
            throw DatabaseError(
                isDamaged ? .damaged : .failed, "close database \(path): left as it is after an earlier error")
        }
        _ = try first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) }
    }

    /// False when writing was given up until the file is opened again.
    var takesChanges: Bool { !isDegraded && !isDamaged }

    /// Notes that the file is damaged, so that it stays as it was found.
    func noteDamage() {
        isDamaged = true
        try? configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on: true)
    }

    private func step(
        _ sql: String, _ values: [Value], each: (Row) throws(DatabaseError) -> Bool
    ) throws(DatabaseError) {
        let statement = try prepared(sql)
        defer { statement.reset() }
        let bound = statement.bind(values)
        guard bound == SQLITE_OK else { throw failure(bound, "bind parameters") }
        while true {
            let code = sqlite3_step(statement.handle)
            switch code {
            case SQLITE_ROW: guard try each(Row(handle: statement.handle, path: path)) else { return }
            case SQLITE_DONE: return
            default: throw failure(code, Self.operation(of: sql))
            }
        }
    }

    private func prepared(_ sql: String) throws(DatabaseError) -> Statement {
        if let statement = statements[sql] { return statement }
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw failure(code, "prepare \(Self.operation(of: sql))") }
        let statement = Statement(handle: pointer)
        statements[sql] = statement
        return statement
    }

    private func failure(_ code: Int32, _ operation: String) -> DatabaseError {
        if DatabaseError.casts(doubtOnTheDevice: code, systemError: sqlite3_system_errno(handle)) { isDegraded = true }
        let error = DatabaseError(code: code, handle: handle, operation: operation, path: path)
        if error.kind == .damaged, !isDamaged { noteDamage() }
        return error
    }

    /// The statement's first word, lower case: enough to say what was attempted.
    private static func operation(of sql: String) -> String {
        sql.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }.lowercased()
    }
}
