package import QuloudCore
import QuloudSystem

/// The owner's catalog in one SQLite database.
///
/// It owns the one connection that writes and checkpoints, on a queue of its own, so that waiting for the disk never holds
/// a thread of Swift's pool. A call that has begun runs to its end: cancelling its task changes nothing.
package actor SQLiteOwnerCatalog {
    private nonisolated let executor: any SerialExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var database: Database?

    private init(_ executor: any SerialExecutor) { self.executor = executor }

    /// Opens the catalog at `path`, or makes it, readable by its owner alone. The folder must exist, on a file system with
    /// working locks and shared memory.
    /// - Parameter executor: runs everything that it does, which blocks.
    package static func open(
        at path: String, options: Database.Options = .init(),
        executor: any SerialExecutor = SerialQueueExecutor(label: "quloud.owner-catalog")
    ) async throws(CatalogError) -> SQLiteOwnerCatalog {
        let catalog = SQLiteOwnerCatalog(executor)
        try await catalog.start(path, options)
        return catalog
    }

    private func start(_ path: String, _ options: Database.Options) throws(CatalogError) {
        do throws(DatabaseError) {
            database = try Database.open(at: path, schema: .ownerCatalog, options: options)
        } catch {
            throw CatalogError(error)
        }
    }

    /// Closes the database; every later call fails. Closing twice succeeds.
    package func close() throws(CatalogError) {
        guard let database else { return }
        self.database = nil
        do throws(DatabaseError) { try database.close() } catch { throw CatalogError(error) }
    }

    /// Compares the pages of the database with each other, which reads all of it; throws `.damaged` with what it found.
    package func checkIntegrity() throws(CatalogError) {
        try read { (database) throws(DatabaseError) in try database.checkIntegrity() }
    }

    /// False when writing was given up until the catalog is opened again.
    package var takesChanges: Bool { (try? read { $0.takesChanges }) ?? false }

    /// See `Database.machineSteps`.
    package func machineSteps() throws(CatalogError) -> UInt32 {
        try read { (database) throws(DatabaseError) in database.machineSteps }
    }

    func read<Value>(_ body: (Database) throws(DatabaseError) -> Value) throws(CatalogError) -> Value {
        guard let database else { throw CatalogError(.failed, "the catalog is closed") }
        do throws(DatabaseError) { return try body(database) } catch { throw CatalogError(error) }
    }

    func write<Value>(_ body: (Database) throws(DatabaseError) -> Value) throws(CatalogError) -> Value {
        try read { (database) throws(DatabaseError) in
            try database.transaction { () throws(DatabaseError) in try body(database) }
        }
    }
}

extension CatalogError {
    init(_ error: DatabaseError) {
        let kind: Kind =
            switch error.kind {
            case .damaged: .damaged
            case .foreign: .foreign
            case .newerFormat: .newerFormat
            case .locked: .locked
            case .full: .full
            case .failed: .failed
            }
        self.init(kind, error.description)
    }
}
