import QuloudCore
import QuloudTestKit
import Synchronization

/// What a holder keeps its things in.
struct HolderStores: Sendable {
    /// The index was lost: it is to be made anew from the blobs.
    var needsRebuild = false
    let index: any ChunkIndex
    let heads: any HeadStore
    let blobs: any BlobStore
}

/// A holder's disk, which outlives its processes.
protocol HolderStorage: Sendable {
    /// The power is about to go: a few file calls from now nothing more gets through.
    func failSoon()
    /// What a process that starts now finds.
    func open() async throws -> HolderStores
    /// The power goes, or the process is killed: whatever was opened is dead.
    func crash()
    func set(_ trouble: DiskTrouble)
    /// A bit of a stored blob flips.
    func rot(_ key: HoldingKey) async
    /// The disk is replaced by an empty one.
    func wipe()
    /// The index is gone, the blobs are there.
    func loseIndex()
    /// Makes a lost index anew from the blobs.
    func completeRebuild(in context: HolderContext) async throws
    /// It takes no more until it is opened again.
    func isDegraded() async -> Bool
    /// Whether blob and index survive a power cut now.
    func isDurable(_ key: HoldingKey) -> Bool
}

/// An owner's disk.
protocol OwnerStorage: Sendable {
    func failSoon()
    func open(_ watch: OwnerWatch) async throws -> any OwnerCatalog
    func crash()
    func set(_ trouble: DiskTrouble)
    func isDegraded() async -> Bool
    func wipe()
    /// The same content on another disk.
    func copy() async -> any OwnerStorage
}

/// A disk in memory with the semantics that the ports promise.
final class MemoryHolderStorage: HolderStorage {
    private struct State {
        var index = InMemoryChunkIndex()
        var blobs: InMemoryBlobStore
        var isIndexLost = false
        var mount: Mount?
        var late: [Mount.Change] = []
        var trouble = DiskTrouble.none
    }
    private let state: Mutex<State>
    private let scheduler: Scheduler
    private let draw: SharedDraw
    private let totalBytes: Int64

    init(_ scheduler: Scheduler, _ draw: SharedDraw, totalBytes: Int64) {
        self.scheduler = scheduler
        self.draw = draw
        self.totalBytes = totalBytes
        state = Mutex(State(blobs: InMemoryBlobStore(totalBytes: totalBytes)))
    }

    func open() async -> HolderStores {
        let late = state.withLock { state in
            defer { state.late = [] }
            return state.late
        }
        for change in late { await change() }
        let mount = Mount(scheduler, draw)
        return state.withLock { state in
            mount.set(state.trouble)
            state.mount = mount
            let index = MountedIndex(mount: mount, inner: state.index)
            return HolderStores(
                needsRebuild: state.isIndexLost, index: index, heads: index,
                blobs: MountedBlobs(mount: mount, inner: state.blobs))
        }
    }
    /// Whatever is under way when it is killed counts as such a call.
    func failSoon() {}
    func crash() {
        guard let mount = state.withLock({ $0.mount }) else { return }
        let late = mount.kill()
        state.withLock { $0.late += late }
    }
    func set(_ trouble: DiskTrouble) {
        state.withLock { state in
            state.trouble = trouble
            state.mount?.set(trouble)
        }
    }
    func rot(_ key: HoldingKey) async {
        let place = draw { $0.next() }
        state.withLock { $0.blobs }.tamper(with: key) { bytes in
            guard !bytes.isEmpty else { return }
            bytes[Int(place % UInt64(bytes.count))] ^= 1 << UInt8(place >> 60 & 7)
        }
    }
    func wipe() {
        state.withLock { state in
            state.index = InMemoryChunkIndex()
            state.blobs = InMemoryBlobStore(totalBytes: totalBytes)
            state.late = []
            state.isIndexLost = false
        }
    }
    func loseIndex() {
        state.withLock { state in
            state.index = InMemoryChunkIndex()
            state.late = []
            state.isIndexLost = true
        }
    }
    func completeRebuild(in context: HolderContext) async throws {
        let mount = state.withLock(\.mount)
        _ = try await RebuildIndex(context).run()
        if mount?.isDead == false { state.withLock { $0.isIndexLost = false } }
    }
    func isDegraded() async -> Bool { state.withLock(\.mount)?.isDegraded ?? false }
    /// What the twins confirm is durable.
    func isDurable(_ key: HoldingKey) -> Bool { true }
}

/// The same for an owner.
final class MemoryOwnerStorage: OwnerStorage {
    private struct State {
        var catalog: InMemoryOwnerCatalog
        var mount: Mount?
        var late: [Mount.Change] = []
        var trouble = DiskTrouble.none
    }
    private let state: Mutex<State>
    private let scheduler: Scheduler
    private let draw: SharedDraw

    init(_ scheduler: Scheduler, _ draw: SharedDraw, catalog: InMemoryOwnerCatalog = InMemoryOwnerCatalog()) {
        self.scheduler = scheduler
        self.draw = draw
        state = Mutex(State(catalog: catalog))
    }

    func open(_ watch: OwnerWatch) async -> any OwnerCatalog {
        let late = state.withLock { state in
            defer { state.late = [] }
            return state.late
        }
        for change in late { await change() }
        let mount = Mount(scheduler, draw)
        return state.withLock { state in
            mount.set(state.trouble)
            state.mount = mount
            return MountedCatalog(mount: mount, inner: state.catalog, watch: watch) { mount.isDead }
        }
    }
    /// Whatever is under way when it is killed counts as such a call.
    func failSoon() {}
    func crash() {
        guard let mount = state.withLock({ $0.mount }) else { return }
        let late = mount.kill()
        state.withLock { $0.late += late }
    }
    func set(_ trouble: DiskTrouble) {
        state.withLock { state in
            state.trouble = trouble
            state.mount?.set(trouble)
        }
    }
    func wipe() {
        state.withLock { state in
            state.catalog = InMemoryOwnerCatalog()
            state.late = []
        }
    }
    func isDegraded() async -> Bool { state.withLock(\.mount)?.isDegraded ?? false }
    func copy() async -> any OwnerStorage {
        MemoryOwnerStorage(scheduler, draw, catalog: state.withLock { $0.catalog }.copy())
    }
}
