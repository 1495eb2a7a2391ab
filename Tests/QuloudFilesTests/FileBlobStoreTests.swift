import Glibc
import QuloudCore
import QuloudSystem
import QuloudTestKit
import Synchronization
import Testing

@testable import QuloudFiles

@Suite struct FileBlobStoreTests {
    private func blobs(_ count: Int, size: Int = 1000) -> [NamedBlob] {
        let entropy = SeededEntropy(seed: 3)
        return (0..<count).map { _ in NamedBlob(name: .drawn(from: entropy), bytes: entropy.bytes(size)) }
    }

    /// A store whose calls can be made to fail.
    private func calls(unnamedFiles: Bool, failing: FailingCalls) -> BlobCalls {
        var calls = BlobCalls.system
        calls.unnamedFiles = unnamedFiles
        calls.write = { (file, bytes) throws(Errno) in
            try failing.check("write")
            try BlobCalls.system.write(file, bytes)
        }
        calls.syncFile = { (file) throws(Errno) in
            try failing.check("fsync")
            try file.sync()
        }
        calls.syncDirectory = { (directory) throws(Errno) in
            try failing.check("fsync directory")
            try directory.sync()
        }
        return calls
    }

    private func withStore(
        unnamedFiles: Bool, _ body: (TestFolder, FileBlobStore, FailingCalls) async throws -> Void
    ) async throws {
        try await TestFolder.with { folder in
            let failing = FailingCalls()
            let store = try await FileBlobStore.open(
                folder["blobs"], calls: calls(unnamedFiles: unnamedFiles, failing: failing))
            try await body(folder, store, failing)
        }
    }

    @Test func blobsLieInTheDirectoryOfTheirFirstByteForTheirOwnerOnly() async throws {
        try await TestFolder.with { folder in
            let store = try await FileBlobStore.open(folder["new/blobs"])
            let blob = NamedBlob(name: .numbered(7), bytes: [1, 2, 3])
            try await store.put([blob])
            let shard = try folder.directory(Array("new/blobs/00".utf8))
            let status = try shard.status(of: Array(blob.name.description.utf8))
            #expect(status.permissions == 0o600)
            #expect(try shard.status().permissions == 0o700)
            #expect(status.links == 1)
            #expect(try folder.names("new/blobs").count == 256 + 3)
            #expect(try folder.names("new/blobs/tmp").isEmpty)
        }
    }

    @Test func remnantsOfACrashGoAwayAndForeignFilesAreNoBlobs() async throws {
        try await TestFolder.with { folder in
            _ = try await FileBlobStore.open(folder["blobs"])
            try folder.file("blobs/tmp/.tmp-0123", "half")
            try folder.file("blobs/00/notes.txt", "not a blob")
            let misplaced = HoldingKey.numbered(1).description
            try folder.file("blobs/ff/\(misplaced)", "in the wrong directory")
            let store = try await FileBlobStore.open(folder["blobs"])
            #expect(try folder.names("blobs/tmp").isEmpty)
            #expect(try await store.names(after: nil, limit: 10).isEmpty)
        }
    }

    @Test func aStoreOfAnotherFormatIsRefused() async throws {
        try await TestFolder.with { folder in
            _ = try await FileBlobStore.open(folder["blobs"])
            try folder.file("blobs/format", "quloud blobs 2\n")
            let error = await #expect(throws: BlobStoreError.self) { try await FileBlobStore.open(folder["blobs"]) }
            #expect(error?.description.contains("another version") == true)
        }
    }

    @Test func aDirectoryThatIsMissingIsMadeAgain() async throws {
        try await TestFolder.with { folder in
            _ = try await FileBlobStore.open(folder["blobs"])
            try folder.directory(Array("blobs".utf8)).removeDirectory(Array("7f".utf8))
            _ = try await FileBlobStore.open(folder["blobs"])
            #expect(try folder.names("blobs/7f").isEmpty)
        }
    }

    @Test func whatIsTooLargeIsRefused() async throws {
        try await TestFolder.with { folder in
            let store = try await FileBlobStore.open(folder["blobs"])
            let huge = NamedBlob(name: .numbered(1), bytes: [UInt8](repeating: 0, count: FileBlobStore.blobSizeMax + 1))
            let error = await #expect(throws: BlobStoreError.self) { try await store.put(blobs(2) + [huge]) }
            #expect(error?.kind == .tooLarge)
            #expect(try await store.names(after: nil, limit: 10).isEmpty)
            // Grown on disk, by whatever means.
            try folder.file(Array("blobs/00/\(huge.name.description)".utf8), huge.bytes)
            let reading = await #expect(throws: BlobStoreError.self) { try await store.read(huge.name) }
            #expect(reading?.kind == .tooLarge)
        }
    }

    @Test(arguments: [true, false])
    func noRoomStoresNothingAndPasses(unnamedFiles: Bool) async throws {
        try await withStore(unnamedFiles: unnamedFiles) { folder, store, failing in
            for call in ["write", "fsync"] {
                failing.fail(call, with: ENOSPC, after: 5)
                let error = await #expect(throws: BlobStoreError.self) { try await store.put(blobs(20)) }
                #expect(error?.kind == .full)
                #expect(try await store.names(after: nil, limit: 100).isEmpty)
                #expect(try folder.names("blobs/tmp").isEmpty)
            }
            failing.mend()
            try await store.put(blobs(20))
            #expect(try await store.names(after: nil, limit: 100).count == 20)
        }
    }

    @Test(arguments: [true, false])
    func whatCouldNotBeWrittenIsNoPartOfTheBatch(unnamedFiles: Bool) async throws {
        try await withStore(unnamedFiles: unnamedFiles) { folder, store, failing in
            let batch = store.batch()
            let all = blobs(5)
            for blob in all[..<3] { try await batch.add(blob) }
            failing.fail("write", with: ENOSPC, after: 0)
            await #expect(throws: BlobStoreError.self) { try await batch.add(all[3]) }
            failing.mend()
            try await batch.add(all[4])
            try await batch.commit()
            let names = [all[0], all[1], all[2], all[4]].map(\.name).sorted()
            #expect(try await store.names(after: nil, limit: 10) == names)
            #expect(try folder.names("blobs/tmp").isEmpty)
        }
    }

    /// Temporary files have names here, so that they can be seen.
    @Test func whatIsNotCommittedLeavesNoFiles() async throws {
        try await withStore(unnamedFiles: false) { folder, store, failing in
            do {
                let batch = store.batch()
                for blob in blobs(3) { try await batch.add(blob) }
                #expect(try folder.names("blobs/tmp").count == 3)
            }
            #expect(try folder.names("blobs/tmp").isEmpty)
            // The device fails between writing and making durable.
            let batch = store.batch()
            for blob in blobs(3) { try await batch.add(blob) }
            failing.fail("fsync", with: EIO, after: 0)
            await #expect(throws: BlobStoreError.self) { try await store.put(blobs(1)) }
            failing.mend()
            let refused = await #expect(throws: BlobStoreError.self) { try await batch.commit() }
            #expect(refused?.kind == .degraded)
            #expect(try folder.names("blobs/tmp").isEmpty)
            #expect(try await store.names(after: nil, limit: 10).isEmpty)
        }
    }

    @Test(arguments: ["write", "fsync", "fsync directory"], [true, false])
    func aFailingDeviceEndsPutting(call: String, unnamedFiles: Bool) async throws {
        try await withStore(unnamedFiles: unnamedFiles) { folder, store, failing in
            let kept = NamedBlob(name: .numbered(1), bytes: [1])
            try await store.put([kept])
            failing.fail(call, with: EIO, after: 0)
            let error = await #expect(throws: BlobStoreError.self) { try await store.put(blobs(5)) }
            #expect(error?.kind == .degraded)
            // A device that seems to work again cannot be believed.
            failing.mend()
            let later = await #expect(throws: BlobStoreError.self) { try await store.put(blobs(1)) }
            #expect(later?.kind == .degraded)
            #expect(try await store.read(kept.name) == kept.bytes)
            #expect(try folder.names("blobs/tmp").isEmpty)
            let again = try await FileBlobStore.open(folder["blobs"])
            try await again.put(blobs(5))
        }
    }

    @Test func eachTouchedDirectoryIsSyncedOnce() async throws {
        try await withStore(unnamedFiles: false) { _, store, synced in
            let group = (0..<20).map { NamedBlob(name: .numbered($0), bytes: [1]) }
            try await store.put(group)
            #expect(synced.count("fsync") == 20)
            #expect(synced.count("fsync directory") == 1)
        }
    }

    @Test func aCancelledPutStoresNothing() async throws {
        try await TestFolder.with { folder in
            let store = try await FileBlobStore.open(folder["blobs"])
            let group = blobs(3)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await store.put(group)
            }
            await #expect(throws: BlobStoreError.self) { try await task.value }
            #expect(try await store.names(after: nil, limit: 10).isEmpty)
            try await store.put(group)
        }
    }

    @Test func moreThanOneRoundOfFilesArrives() async throws {
        try await TestFolder.with { folder in
            let store = try await FileBlobStore.open(folder["blobs"])
            let many = blobs(300, size: 10)
            try await store.put(many)
            #expect(try await store.names(after: nil, limit: 1000) == many.map(\.name).sorted())
        }
    }

    @Test func aKilledProcessLeavesWholeBlobsOnly() async throws {
        try await TestFolder.with { folder in
            let path = folder["blobs"]
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as SystemPath] in
                var calls = BlobCalls.system
                calls.unnamedFiles = false
                let store = try await FileBlobStore.open(path, calls: calls)
                try await store.put([NamedBlob(name: .numbered(1), bytes: [1])])
                calls.syncFile = { _ in _ = kill(getpid(), SIGKILL) }
                let dying = try await FileBlobStore.open(path, calls: calls)
                try await dying.put([NamedBlob(name: .numbered(2), bytes: [2])])
            }
            #expect(try folder.names("blobs/tmp").count == 1)
            let store = try await FileBlobStore.open(path)
            #expect(try await store.names(after: nil, limit: 10) == [.numbered(1)])
            #expect(try folder.names("blobs/tmp").isEmpty)
        }
    }

    @Test(.enabled(if: isRoot, "mounting needs root"), arguments: [true, false])
    func aFullDiskRefusesAndGoesOn(unnamedFiles: Bool) async throws {
        try await TestFolder.with { folder in
            let path = String(decoding: folder["disk"], as: UTF8.self)
            try folder.folder("disk")
            guard mount("none", path, "tmpfs", 0, "size=3m") == 0 else { try Test.cancel("mounting is not permitted") }
            defer { _ = umount2(path, Int32(MNT_DETACH)) }
            var calls = BlobCalls.system
            calls.unnamedFiles = unnamedFiles
            let store = try await FileBlobStore.open(folder["disk/blobs"], calls: calls)
            #expect(store.fileSystem == .tmpfs)
            let few = Array(blobs(3, size: 500_000))
            try await store.put(few)
            let error = await #expect(throws: BlobStoreError.self) {
                try await store.put(Array(blobs(9, size: 500_000).dropFirst(3)))
            }
            #expect(error?.kind == .full)
            #expect(try folder.names("disk/blobs/tmp").isEmpty)
            #expect(try await store.names(after: nil, limit: 10) == few.map(\.name).sorted())
            try await store.remove([few[0].name])
            try await store.put([few[0]])
            #expect(try await store.read(few[0].name) == few[0].bytes)
        }
    }
}

/// Counts calls, and fails those of one kind from the n-th on.
final class FailingCalls: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var failing: (call: String, code: Int32, from: Int)?
    }
    private let state = Mutex(State())

    func fail(_ call: String, with code: Int32, after count: Int) {
        state.withLock { $0.failing = (call, code, ($0.counts[call] ?? 0) + count) }
    }
    func mend() { state.withLock { $0.failing = nil } }
    func count(_ call: String) -> Int { state.withLock { $0.counts[call] ?? 0 } }

    func check(_ call: String) throws(Errno) {
        let code: Int32? = state.withLock { state in
            let count = state.counts[call] ?? 0
            state.counts[call] = count + 1
            guard let failing = state.failing, failing.call == call, count >= failing.from else { return nil }
            return failing.code
        }
        if let code { throw Errno(code, call) }
    }
}
