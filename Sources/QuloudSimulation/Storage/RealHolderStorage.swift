import QuloudCore
import QuloudCrypto
import QuloudDaemon
import QuloudFiles
import QuloudSQLite
import QuloudSystem
import QuloudTestKit
import Synchronization

/// A holder's disk with a real index and real blobs on it, opened as the daemon does.
final class RealHolderStorage: HolderStorage {
    private struct Opened: Sendable {
        let life: Int
        let index: SQLiteChunkIndex
        let blobs: FileBlobStore
        let opening: IndexOpening
    }
    private let disk: RealDisk
    private let executor: SimulatedExecutor
    private let runner: BlockingPool.Runner
    private let time: any TimeSource
    private let draw: SharedDraw
    private let totalBytes: Int64
    private let opened = Mutex<Opened?>(nil)

    init(_ disk: RealDisk, in world: World) {
        self.disk = disk
        executor = SimulatedExecutor(world.scheduler)
        runner = world.blockingRunner
        time = NodeClock(world.scheduler)
        draw = world.plot
        totalBytes = world.profile.diskBytes
    }

    func open() async throws -> HolderStores {
        let (folder, life) = try disk.start()
        let directory = DataDirectory(path: folder)
        let executor = executor
        let opening = IndexOpening(
            directory: directory, time: time,
            openIndex: { try await SQLiteChunkIndex.open(at: $0, executor: executor) }, log: { _ in })
        let index = try await opening.open()
        do {
            let blobs = try await FileBlobStore.open(Array((folder + "/blobs").utf8), runner: runner)
            guard disk.isLife(life) else { throw Crashed() }
            opened.withLock { $0 = Opened(life: life, index: index, blobs: blobs, opening: opening) }
            return HolderStores(
                needsRebuild: directory.isRebuilding, index: index, heads: index,
                blobs: SizedBlobs(inner: blobs, disk: disk, totalBytes: totalBytes))
        } catch {
            try? await index.close()
            throw error
        }
    }

    func failSoon() { disk.failSoon() }
    func crash() {
        disk.crash()
        opened.withLock { $0 = nil }
    }
    func set(_ trouble: DiskTrouble) { disk.set(trouble) }
    func rot(_ key: HoldingKey) async { disk.flipBit(of: Self.path(key)) { $0.index($1) } }
    func wipe() {
        opened.withLock { $0 = nil }
        disk.wipe()
    }

    /// It is gone, or the kind of a page in it is none.
    func loseIndex() {
        if draw({ $0.chance(0.5) }) {
            disk.lose(["index.sqlite", "index.sqlite-wal"])
        } else {
            disk.flipBit(of: "index.sqlite") { draw, size in
                let page = draw.index(size / 4096)
                return page > 0 ? page * 4096 : min(100, size - 1)
            }
        }
    }
    func completeRebuild(in context: HolderContext) async throws {
        guard let opened = opened.withLock({ $0 }) else { throw Crashed() }
        try await opened.opening.completeRebuild(in: context)
    }
    func isDegraded() async -> Bool {
        guard let opened = opened.withLock({ $0 }) else { return false }
        guard await opened.index.takesChanges else { return disk.isLife(opened.life) }
        do throws(BlobStoreError) {
            _ = try await opened.blobs.room()
            return false
        } catch {
            return error.kind == .degraded && disk.isLife(opened.life)
        }
    }
    func isDurable(_ key: HoldingKey) -> Bool {
        disk.isDurable(Self.path(key)) && (disk.isDurable("index.sqlite-wal") || survivesInIndex(key))
    }

    /// What a transaction that failed left in the log may come or go, as long as the row is there either way.
    private func survivesInIndex(_ key: HoldingKey) -> Bool {
        disk.extremes.allSatisfy { tree in
            (try? tree.layingOut(["index.sqlite", "index.sqlite-wal"]) { folder in
                let database = try Database.open(at: folder + "/index.sqlite", schema: .chunkIndex)
                return try database.first("SELECT 1 FROM holdings WHERE key = ?", .blob(key.value.bytes)) { _ in true }
            }) == true
        }
    }

    private static func path(_ key: HoldingKey) -> String {
        let digits = key.description
        return "blobs/\(digits.prefix(2))/\(digits)"
    }
}

/// The real disk's room is not the same in every run: the profile's is told instead.
private struct SizedBlobs: BlobStore {
    let inner: FileBlobStore
    let disk: RealDisk
    let totalBytes: Int64

    func room() async throws(BlobStoreError) -> DiskRoom {
        _ = try await inner.room()
        return DiskRoom(freeBytes: max(0, totalBytes - disk.tree.fileBytes), totalBytes: totalBytes)
    }
    func batch() -> any BlobBatch { inner.batch() }
    func remove(_ names: [HoldingKey]) async throws(BlobStoreError) { try await inner.remove(names) }
    func quarantine(_ name: HoldingKey) async throws(BlobStoreError) { try await inner.quarantine(name) }
    func read(_ name: HoldingKey) async throws(BlobStoreError) -> [UInt8]? { try await inner.read(name) }
    func names(after name: HoldingKey?, limit: Int) async throws(BlobStoreError) -> [HoldingKey] {
        try await inner.names(after: name, limit: limit)
    }
}

extension DiskTree {
    fileprivate var fileBytes: Int64 {
        nodes.values.reduce(0) { sum, node in
            if case .file(let bytes) = node.content { sum + Int64(bytes.count) } else { sum }
        }
    }
}
