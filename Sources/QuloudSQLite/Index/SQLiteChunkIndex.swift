package import QuloudCore
import QuloudSystem

/// The holder's index in one SQLite database.
///
/// It owns the one connection that writes and checkpoints, on a queue of its own, so that waiting for the disk never holds
/// a thread of Swift's pool. A call that has begun runs to its end: cancelling its task changes nothing.
package actor SQLiteChunkIndex {
    private nonisolated let executor: any SerialExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var database: Database?

    let headsMax: Int

    private init(headsMax: Int, _ executor: any SerialExecutor) {
        self.headsMax = headsMax
        self.executor = executor
    }

    /// Opens the index at `path`, or makes it, readable by its owner alone. The folder must exist, on a file system with
    /// working locks and shared memory.
    /// - Parameters:
    ///   - headsMax: how many owners' heads it keeps; a test may want fewer.
    ///   - executor: runs everything that it does, which blocks.
    package static func open(
        at path: String, options: Database.Options = .init(), headsMax: Int = Limits.headsPerHolderMax,
        executor: any SerialExecutor = SerialQueueExecutor(label: "quloud.chunk-index")
    ) async throws(ChunkIndexError) -> SQLiteChunkIndex {
        let index = SQLiteChunkIndex(headsMax: headsMax, executor)
        try await index.start(path, options)
        return index
    }

    private func start(_ path: String, _ options: Database.Options) throws(ChunkIndexError) {
        do throws(DatabaseError) {
            database = try Database.open(at: path, schema: .chunkIndex, options: options)
        } catch {
            throw ChunkIndexError(error)
        }
    }

    /// Closes the database; every later call fails. Closing twice succeeds.
    package func close() throws(ChunkIndexError) {
        guard let database else { return }
        self.database = nil
        do throws(DatabaseError) { try database.close() } catch { throw ChunkIndexError(error) }
    }

    /// Compares the pages of the database with each other, which reads all of it; throws `.damaged` with what it found.
    package func checkIntegrity() throws(ChunkIndexError) {
        try read { (database) throws(DatabaseError) in try database.checkIntegrity() }
    }

    /// See `Database.machineSteps`.
    package func machineSteps() throws(ChunkIndexError) -> UInt32 {
        try read { (database) throws(DatabaseError) in database.machineSteps }
    }

    func read<Value>(_ body: (Database) throws(DatabaseError) -> Value) throws(ChunkIndexError) -> Value {
        guard let database else { throw .failed("the chunk index is closed") }
        do throws(DatabaseError) { return try body(database) } catch { throw ChunkIndexError(error) }
    }

    func write<Value>(_ body: (Database) throws(DatabaseError) -> Value) throws(ChunkIndexError) -> Value {
        try read { (database) throws(DatabaseError) in
            try database.transaction { () throws(DatabaseError) in try body(database) }
        }
    }
}

extension ChunkIndexError {
    init(_ error: DatabaseError) {
        switch error.kind {
        case .damaged: self = .damaged(error.description)
        case .foreign: self = .foreign(error.description)
        case .newerFormat: self = .newerFormat(error.description)
        case .locked: self = .locked(error.description)
        case .full: self = .full(error.description)
        case .failed: self = .failed(error.description)
        }
    }
}
