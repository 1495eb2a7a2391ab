import Glibc
import QuloudCore
import QuloudFiles
import QuloudSQLite
import QuloudSystem
import QuloudTestKit
import Testing

/// The simulated disk itself: that it sees every call, and that it loses what it may lose and nothing else.
@Suite struct SimulatedDiskTests {
    private func path(_ disk: SimulatedDisk, _ name: String) -> [UInt8] { Array("\(disk.folder)/\(name)".utf8) }

    /// The states that are left when each undecided effect is lost or kept.
    private func survivors(_ disk: SimulatedDisk) -> [DiskTree] {
        let model = disk.model
        return (0..<(1 << model.undecided.count)).map { bits in
            model.surviving { bits >> $0 & 1 == 1 ? .kept : .lost }
        }
    }

    @Test func seesCallsOfSwiftAndSQLite() async throws {
        let disk = try SimulatedDisk(isRecording: true)
        try AtomicFile.write([1, 2, 3], to: path(disk, "key"))
        #expect(
            disk.operations.map(\.kind).filter { $0 != .open && $0 != .close } == [
                .create, .write, .mode, .sync, .rename, .sync,
            ])
        #expect(disk.isDurable("key"))
        let index = try await SQLiteChunkIndex.open(at: disk.folder + "/index")
        try await index.commit([Sample.holding(1, chunk: 1)])
        #expect(disk.operations.contains { $0.kind == .write && $0.path == "index-wal" })
        #expect(disk.isDurable("index-wal"))
    }

    @Test(.serialized, arguments: 0..<8 as Range<UInt64>) func whatWasSyncedSurvivesAndTheDeadGetErrors(seed: UInt64)
        async throws
    {
        var generator = SplitMix(seed)
        let disk = try SimulatedDisk()
        try AtomicFile.write([1, 2, 3], to: path(disk, "key"))
        let index = try await SQLiteChunkIndex.open(at: disk.folder + "/index")
        let blobs = try await FileBlobStore.open(path(disk, "blobs"))
        try await index.commit([Sample.holding(1, chunk: 1)])
        let blob = NamedBlob(name: .numbered(7), bytes: Array(repeating: 7, count: 10_000))
        try await blobs.put([blob])
        let folder = try disk.cutPower(choosing: &generator)
        await #expect(throws: ChunkIndexError.self) { try await index.commit([Sample.holding(2, chunk: 2)]) }
        await #expect(throws: BlobStoreError.self) { try await blobs.put([blob]) }
        await #expect(throws: BlobStoreError.self) { try await blobs.read(blob.name) }
        let again = try await SQLiteChunkIndex.open(at: folder + "/index")
        #expect(try await again.holdings(after: nil, limit: 9) == [Sample.holding(1, chunk: 1)])
        #expect(try await FileBlobStore.open(path(disk, "blobs")).read(blob.name) == blob.bytes)
        #expect(disk.bytes("key") == [1, 2, 3])
    }

    @Test func aNameThatCouldNotBeMadeDurableIsDurableOnceTheStoreIsOpenedAgain() async throws {
        let disk = try SimulatedDisk()
        let blob = NamedBlob(name: .numbered(7), bytes: [7])
        let name = "\(blob.name)"
        let file = "blobs/\(name.prefix(2))/\(name)"
        let blobs = try await FileBlobStore.open(path(disk, "blobs"))
        disk.add(DiskFault([.sync], .fail(ENOSPC), path: "blobs/\(name.prefix(2))"))
        await #expect(throws: BlobStoreError.self) { try await blobs.put([blob]) }
        #expect(!disk.isDurable(file), "the fault did not strike")
        let again = try await FileBlobStore.open(path(disk, "blobs"))
        #expect(try await again.read(blob.name) == blob.bytes)
        #expect(disk.isDurable(file))
    }

    @Test func whatGotItsNameBeforeAnotherFailedIsDurable() async throws {
        let disk = try SimulatedDisk()
        let blobs = try await FileBlobStore.open(path(disk, "blobs"))
        let (first, second) = (NamedBlob(name: .numbered(7), bytes: [7]), NamedBlob(name: .numbered(8), bytes: [8]))
        disk.add(DiskFault([.link, .rename], .fail(EIO), after: 1))
        await #expect(throws: BlobStoreError.self) { try await blobs.put([first, second]) }
        #expect(try await blobs.names(after: nil, limit: 9) == [first.name])
        let name = "\(first.name)"
        #expect(disk.isDurable("blobs/\(name.prefix(2))/\(name)"))
    }

    @Test func losesWhatWasNotSynced() throws {
        let disk = try SimulatedDisk()
        let folder = try FileDescriptor.open(path(disk, ""), O_RDONLY | O_DIRECTORY)
        let file = try folder.open(Array("a".utf8), O_WRONLY | O_CREAT, mode: 0o600)
        try file.write([1, 2, 3])
        #expect(!disk.isDurable("a"))
        #expect(Set(survivors(disk).map { $0.bytes("a") }) == [nil, [], [1, 2, 3]])
        try folder.sync()
        #expect(Set(survivors(disk).map { $0.bytes("a") }) == [[], [1, 2, 3]])
        try file.sync()
        #expect(disk.isDurable("a"))
        #expect(survivors(disk).map { $0.bytes("a") } == [[1, 2, 3]])
        try folder.rename(Array("a".utf8), in: folder, to: Array("b".utf8))
        #expect(
            Set(survivors(disk).map { [$0.bytes("a"), $0.bytes("b")] }) == [[[1, 2, 3], nil], [nil, [1, 2, 3]]])
        try folder.sync()
        #expect(disk.isDurable("b") && !disk.isDurable("a"))
    }

    @Test func tearsWritesAtSectors() throws {
        let disk = try SimulatedDisk()
        try AtomicFile.write(Array(repeating: 1, count: 2000), to: path(disk, "a"))
        let file = try FileDescriptor.open(path(disk, "a"), O_RDWR)
        try file.write(Array(repeating: 2, count: 2300), from: 0, count: 2300, at: 100)
        let torn = disk.model.surviving { _ in .torn(sector: 512, mask: 0b01001) }.bytes("a") ?? []
        #expect(torn[..<100].allSatisfy { $0 == 1 } && torn[100..<512].allSatisfy { $0 == 2 })
        #expect(torn[512..<1536].allSatisfy { $0 == 1 } && torn[1536..<2048].allSatisfy { $0 == 2 })
        #expect(torn[2048...].allSatisfy { $0 == 0 } && torn.count == 2400)
        let grown = disk.model.surviving { _ in .sizeOnly }.bytes("a") ?? []
        #expect(grown[..<2000].allSatisfy { $0 == 1 } && grown[2000...].allSatisfy { $0 == 0 } && grown.count == 2400)
    }

    @Test func afterAFailedSyncNothingIsDurableAnyMore() throws {
        let disk = try SimulatedDisk()
        try AtomicFile.write([1], to: path(disk, "a"))
        let file = try FileDescriptor.open(path(disk, "a"), O_RDWR)
        try file.write([2])
        disk.add(DiskFault([.sync], .fail(EIO)))
        #expect(throws: Errno(EIO, "fsync")) { try file.sync() }
        try file.sync()
        #expect(!disk.isDurable("a"))
        #expect(Set(survivors(disk).map { $0.bytes("a") }) == [[1], [2]])
        #expect(disk.struck == [.sync: 1])
    }

    @Test func killingKeepsEverythingAndBitsFlip() throws {
        let disk = try SimulatedDisk()
        let folder = try FileDescriptor.open(path(disk, ""), O_RDONLY | O_DIRECTORY)
        try folder.open(Array("a".utf8), O_WRONLY | O_CREAT, mode: 0o640).write([1, 2])
        try folder.link(Array("a".utf8), in: folder, as: Array("b".utf8))
        try disk.killProcess()
        #expect(throws: Errno(EIO, "make the directory")) { try folder.makeDirectory(Array("c".utf8), mode: 0o700) }
        #expect(disk.flipBit(9, of: "b"))
        #expect(try AtomicFile.read(path(disk, "a"), sizeMax: 10) == [1, 0])
        #expect(disk.bytes("b") == [1, 0])
        #expect(!disk.flipBit(16, of: "b"))
    }
}
