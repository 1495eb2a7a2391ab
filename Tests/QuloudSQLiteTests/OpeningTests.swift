import Glibc
import QuloudCore
import QuloudSQLite
import QuloudTestKit
import Testing

/// What is opened, what is refused, and how it is named.
@Suite struct OpeningTests {
    // Offsets in the header of every SQLite file.
    private static let userVersion = 60
    private static let applicationID = 68

    private func catalogError(_ path: String) async -> CatalogError? {
        do throws(CatalogError) {
            try await SQLiteOwnerCatalog.open(at: path).close()
            return nil
        } catch {
            return error
        }
    }

    /// A closed catalog with some chunks; returns its path.
    private func closedCatalog(in folder: String, chunks: UInt64 = 10) async throws -> String {
        let path = folder + "/catalog.sqlite"
        let catalog = try await SQLiteOwnerCatalog.open(at: path)
        try await catalog.prepare((0..<chunks).map { Sample.prepared($0) })
        try await catalog.close()
        return path
    }

    @Test func filesAreReadableByTheirOwnerAlone() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/index.sqlite"
            let index = try await SQLiteChunkIndex.open(at: path)
            try await index.commit([Sample.holding(1, chunk: 2)])
            for file in [path, path + "-wal", path + "-shm"] { #expect(RawFile.mode(of: file) == 0o600, "\(file)") }
            try await index.close()
            #expect(!RawFile.exists(path + "-wal"))
        }
    }

    @Test func emptyFileBecomesACatalog() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            try RawFile.write([], to: path)
            let catalog = try await SQLiteOwnerCatalog.open(at: path)
            try await catalog.prepare([Sample.prepared(1)])
            try await catalog.checkIntegrity()
            try await catalog.close()
            let header = try RawFile.read(path)
            #expect(header[Self.applicationID..<Self.applicationID + 4].elementsEqual([0x51, 0x4C, 0x44, 0x43]))
            #expect(header[Self.userVersion..<Self.userVersion + 4].elementsEqual([0, 0, 0, 2]))
        }
    }

    @Test func databaseOfSomethingElseIsForeign() async throws {
        try await withTemporaryFolder { folder in
            let path = try await closedCatalog(in: folder)
            await #expect { try await SQLiteChunkIndex.open(at: path) } throws: { error in
                guard case .foreign(let text) = error as? ChunkIndexError else { return false }
                return text.contains(path) && text.contains("chunk index")
            }
            for id in [0, 0x1234_5678] as [UInt32] {
                try RawFile.overwrite(path, at: Self.applicationID, with: id.bigEndianBytes)
                let before = try RawFile.read(path)
                let error = await catalogError(path)
                #expect(error?.kind == .foreign)
                #expect(error?.description.contains(path) == true)
                #expect(try RawFile.read(path) == before, "a refused file was changed")
            }
        }
    }

    @Test func laterFormatIsRefusedUntouched() async throws {
        try await withTemporaryFolder { folder in
            let path = try await closedCatalog(in: folder)
            try RawFile.overwrite(path, at: Self.userVersion, with: UInt32(99).bigEndianBytes)
            let before = try RawFile.read(path)
            let error = await catalogError(path)
            #expect(error?.kind == .newerFormat)
            #expect(error?.description.contains("99") == true)
            #expect(try RawFile.read(path) == before)
        }
    }

    @Test func overwrittenHeaderIsDamage() async throws {
        try await withTemporaryFolder { folder in
            let path = try await closedCatalog(in: folder)
            try RawFile.overwrite(path, at: 0, with: SeededEntropy(seed: 1).bytes(100))
            let error = await catalogError(path)
            #expect(error?.kind == .damaged)
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test func textFileIsDamage() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            try RawFile.write(Array(repeating: UInt8(ascii: "a"), count: 5000), to: path)
            #expect(await catalogError(path)?.kind == .damaged)
        }
    }

    @Test func overwrittenPagesAreFoundByTheCheck() async throws {
        try await withTemporaryFolder { folder in
            let path = try await closedCatalog(in: folder, chunks: 2000)
            let size = try RawFile.read(path).count
            let middle = size / 2 / 4096 * 4096
            try RawFile.overwrite(path, at: middle, with: SeededEntropy(seed: 2).bytes(4096))
            let catalog = try await SQLiteOwnerCatalog.open(at: path)
            await #expect { try await catalog.checkIntegrity() } throws: { ($0 as? CatalogError)?.kind == .damaged }
            // Reading through the damage names it too, or does not meet it.
            do throws(CatalogError) {
                _ = try await catalog.chunks((0..<2000).map { .numbered($0) })
            } catch {
                #expect(error.kind == .damaged)
            }
            try? await catalog.close()
        }
    }

    @Test func missingFolderIsNamed() async throws {
        let error = await catalogError("/nonexistent/folder/catalog.sqlite")
        #expect(error?.kind == .failed)
        #expect(error?.description.contains("/nonexistent/folder/catalog.sqlite") == true)
    }

    @Test func lockOfAnotherConnectionIsNamed() async throws {
        try await withTemporaryFolder { folder in
            let path = try await closedCatalog(in: folder)
            var options = Database.Options()
            options.busyTimeoutMilliseconds = 20
            let catalog = try await SQLiteOwnerCatalog.open(at: path, options: options)
            let other = try Database.open(at: path, schema: .ownerCatalog, options: options)
            try other.run("BEGIN IMMEDIATE")
            await #expect { try await catalog.prepare([Sample.prepared(77)]) } throws: { error in
                let error = error as? CatalogError
                return error?.kind == .locked && error?.description.contains(path) == true
            }
            #expect(try await catalog.chunks([.numbered(1)]).count == 1, "reading is possible all the same")
            try other.run("ROLLBACK")
            try await catalog.prepare([Sample.prepared(77)])
            #expect(try await catalog.chunks([.numbered(77)]).count == 1)
            try await catalog.close()
        }
    }

    @Test func fullDatabaseIsNamedAndChangesNothing() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/full.sqlite"
            let schema = Schema(name: "test", applicationID: 7, migrations: ["CREATE TABLE t (b BLOB) STRICT;"])
            let database = try Database.open(at: path, schema: schema)
            _ = try database.rows("PRAGMA max_page_count = 20") { $0.int(0) }
            #expect {
                try database.transaction { () throws(DatabaseError) in
                    for _ in 0..<50 {
                        try database.run("INSERT INTO t VALUES (?)", .blob(Array(repeating: 1, count: 4000)))
                    }
                }
            } throws: {
                ($0 as? DatabaseError)?.kind == .full
            }
            #expect(try database.first("SELECT count(*) FROM t") { $0.int(0) } == 0)
            try database.transaction { () throws(DatabaseError) in try database.run("INSERT INTO t VALUES (x'01')") }
            try database.close()
        }
    }

    @Test func closedAdapterFailsAndClosesTwice() async throws {
        try await withTemporaryFolder { folder in
            let index = try await SQLiteChunkIndex.open(at: folder + "/index.sqlite")
            try await index.close()
            try await index.close()
            await #expect(throws: ChunkIndexError.self) { try await index.usage() }
        }
    }

    @Test func oldFormatIsBroughtUpInOneTransaction() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/old.sqlite"
            let first = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (5);"
            func open(_ steps: [String]) throws -> Database {
                try Database.open(at: path, schema: Schema(name: "test", applicationID: 7, migrations: steps))
            }
            try open([first]).close()
            #expect(throws: DatabaseError.self) { try open([first, "CREATE TABLE b (y INTEGER) STRICT; NONSENSE;"]) }
            let old = try open([first])
            #expect(try old.first("SELECT count(*) FROM sqlite_schema") { $0.int(0) } == 1, "half a migration is left")
            try old.close()
            let new = try open([first, "CREATE TABLE b (y INTEGER) STRICT; INSERT INTO b SELECT x + 1 FROM a;"])
            #expect(try new.first("SELECT y FROM b") { $0.int(0) } == 6)
            try new.close()
            #expect { try open([first]) } throws: { ($0 as? DatabaseError)?.kind == .newerFormat }
        }
    }
}
