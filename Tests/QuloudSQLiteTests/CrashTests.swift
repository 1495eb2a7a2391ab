import QuloudCore
import QuloudSQLite
import QuloudTestKit
import Testing

/// What a process killed at any moment leaves: the file and its log as they lie there, copied in the middle of work.
@Suite struct CrashTests {
    /// Copies database and log through a pipe of another process: opening them here would drop SQLite's locks.
    private func copy(_ path: String, to other: String) throws {
        try Shell.run("cp '\(path)' '\(other)' && cp '\(path)-wal' '\(other)-wal'")
    }

    @Test func whatWasCommittedSurvivesAKill() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/catalog.sqlite"
            let catalog = try await SQLiteOwnerCatalog.open(at: path)
            for round in 0..<5 as Range<UInt64> {
                let chunks = (round * 50)..<(round * 50 + 50)
                try await catalog.prepare(chunks.map { Sample.prepared($0) })
                try await catalog.record(chunks.map { Sample.accepted(Sample.replica($0, on: $0 % 5)) })
                let copied = folder + "/copy\(round).sqlite"
                try copy(path, to: copied)
                let again = try await SQLiteOwnerCatalog.open(at: copied)
                try await again.checkIntegrity()
                #expect(try await again.summary() == (try await catalog.summary()))
                #expect(try await again.chunks(chunks.map { .numbered($0) }).count == 50)
                try await again.close()
            }
            try await catalog.close()
        }
    }

    @Test func tornLogLosesOnlyItsEnd() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/index.sqlite"
            let index = try await SQLiteChunkIndex.open(at: path)
            for key in 1...20 as ClosedRange<UInt64> { try await index.commit([Sample.holding(key, chunk: key)]) }
            let copied = folder + "/copy.sqlite"
            try copy(path, to: copied)
            try await index.close()
            let log = try RawFile.read(copied + "-wal")
            for part in [0, 10, 33, 50, 70, 95, 99] {
                let torn = folder + "/torn\(part).sqlite"
                try Shell.run("cp '\(copied)' '\(torn)'")
                try RawFile.write(Array(log.prefix(log.count * part / 100)), to: torn + "-wal")
                // The format itself is in the log, so an early tear leaves an empty database.
                let again = try await SQLiteChunkIndex.open(at: torn)
                try await again.checkIntegrity()
                let kept = try await again.holdings(after: nil, limit: 100)
                #expect(kept == (0..<kept.count).map { Sample.holding(UInt64($0) + 1, chunk: UInt64($0) + 1) })
                #expect(try await again.usage().chunks == kept.count)
                try await again.close()
            }
        }
    }
}
