import Glibc
import QuloudCore
import QuloudFiles
import QuloudSQLite
import QuloudSystem
import Testing

@testable import QuloudDaemon

/// What a node finds when it starts again after something happened to its databases.
@Suite(.serialized) struct UncleanStopTests {
    /// Runs `harm` on the data directory of one of three holders between a backup and an audit of everything.
    /// - Parameter isKept: the damaged index is kept aside.
    private func audited(isKept: Bool = false, after harm: @escaping @Sendable (DataDirectory) throws -> Void)
        async throws
    {
        try await Fleet.with(holders: 2) { fleet, owner, _ in
            let source = fleet.folder + "/source"
            try FleetTests.makeSource(source)
            let third = fleet.node("third") { $0.owner.enabled = false }
            let directory = DataDirectory(path: third.node.dataDirectory)
            try await fleet.running(third) {
                guard case .backup(let backup) = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner)
                else { return }
                #expect(backup.isProtected)
                #expect(access(directory.indexClosed.path, F_OK) != 0, "not while it runs")
            }
            #expect(access(directory.indexClosed.path, F_OK) == 0)
            try harm(directory)
            try await fleet.running(third) {
                guard case .audit(let audit) = try await fleet.perform(.audit(AuditRequest()), owner) else { return }
                #expect(audit.challenged > 0 && audit.valid == audit.challenged)
            }
            #expect(!directory.isRebuilding)
            #expect(try Self.aside(directory).isEmpty == !isKept)
        }
    }

    private static func aside(_ directory: DataDirectory) throws -> [String] {
        let folder = try FileDescriptor.open(Array(directory.path.utf8), O_RDONLY | O_DIRECTORY)
        return try folder.names().map { String(decoding: $0, as: UTF8.self) }.filter { $0.contains(".damaged-") }
    }

    @Test(.timeLimit(.minutes(10))) func aDeletedIndexIsMadeAnewFromTheBlobs() async throws {
        try await audited { directory in
            for suffix in ["", "-wal", "-shm"] { unlink(directory.index + suffix) }
        }
    }

    @Test(.timeLimit(.minutes(10))) func aDamagedIndexIsKeptAsideAndMadeAnew() async throws {
        try await audited(isKept: true) { directory in
            try AtomicFile.write([UInt8](repeating: 0x5A, count: 16_384), to: Array(directory.index.utf8))
        }
    }

    @Test(.timeLimit(.minutes(10))) func aDamagedPageIsFoundAfterAnUncleanStop() async throws {
        try await audited(isKept: true) { directory in
            unlink(directory.indexClosed.path)
            try Self.garble(directory.index)
        }
    }

    @Test(.timeLimit(.minutes(10))) func anInterruptedRebuildGoesOn() async throws {
        try await audited { directory in
            // As a crash leaves it right after the new index was made.
            for suffix in ["", "-wal", "-shm"] { unlink(directory.index + suffix) }
            unlink(directory.indexClosed.path)
            try AtomicFile.write([], to: Array(directory.rebuildMark.utf8))
            try AtomicFile.write([], to: Array(directory.index.utf8), permissions: 0o600)
        }
    }

    /// Overwrites one page, or all but the first.
    private static func garble(_ path: String, page: Int? = nil) throws {
        var bytes = try FileDescriptor.open(Array(path.utf8), O_RDONLY).read(at: 0, count: 64 << 20)
        let range = page.map { ($0 - 1) * 4096..<$0 * 4096 } ?? 4096..<bytes.count
        for index in range { bytes[index] ^= 0x5A }
        try AtomicFile.write(bytes, to: Array(path.utf8), permissions: 0o600)
    }

    @Test(.timeLimit(.minutes(10))) func aDamagedCatalogIsRefusedAndLeftAsItIs() async throws {
        try await Fleet.with(holders: 3) { fleet, owner, _ in
            let source = fleet.folder + "/source"
            try FleetTests.makeSource(source)
            _ = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner)
            let directory = DataDirectory(path: owner.node.dataDirectory)
            #expect(access(directory.catalogClosed.path, F_OK) == 0)
            unlink(directory.catalogClosed.path)
            // A page that opening and listing do not touch.
            let page = try Database.open(at: directory.catalog, schema: .ownerCatalog).first(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'replicas'"
            ) { $0.int(0) }
            try Self.garble(directory.catalog, page: page)
            let before = try FileDescriptor.open(Array(directory.catalog.utf8), O_RDONLY).read(at: 0, count: 64 << 20)
            for _ in 0..<2 {
                await #expect {
                    try await fleet.perform(.snapshots, owner)
                } throws: { error in
                    guard let failure = error as? OperationFailure else { return false }
                    return failure.message.contains(directory.catalog) && failure.hint.contains("quloud recover")
                }
            }
            let after = try FileDescriptor.open(Array(directory.catalog.utf8), O_RDONLY).read(at: 0, count: 64 << 20)
            #expect(before == after)
        }
    }

    @Test(.timeLimit(.minutes(10))) func anUnknownSnapshotIsNamedWithoutABroker() async throws {
        try await Fleet.with(holders: 1, quorum: 1) { fleet, owner, _ in
            let source = fleet.folder + "/source"
            try FleetTests.makeSource(source)
            _ = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner)
            var lonely = owner
            lonely.fabric.broker = .urls(["nats://127.0.0.1:1"])
            func kind(of snapshot: String) async -> OperationFailure.Kind? {
                do {
                    let request = RestoreRequest(
                        snapshot: snapshot, paths: [], target: fleet.folder + "/restored", overwrite: false)
                    _ = try await fleet.perform(.restore(request), lonely)
                    return nil
                } catch { return (error as? OperationFailure)?.kind }
            }
            #expect(await kind(of: "ffffffffffffffff") == .noSuchStore)
            #expect(await kind(of: "latest") == .fabricUnreachable)
        }
    }
}
