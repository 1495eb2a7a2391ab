import QuloudCore
import QuloudDaemon
import QuloudSQLite
import Synchronization

/// An owner's disk with a real catalog on it.
final class RealOwnerStorage: OwnerStorage {
    private let world: World
    private let disk: RealDisk
    private let opened = Mutex<SQLiteOwnerCatalog?>(nil)

    init(_ disk: RealDisk, in world: World) {
        self.disk = disk
        self.world = world
    }

    /// No stop is clean here: the catalog is always checked.
    func open(_ watch: OwnerWatch) async throws -> any OwnerCatalog {
        let (folder, life) = try disk.start()
        let catalog = try await SQLiteOwnerCatalog.open(
            at: DataDirectory(path: folder).catalog, executor: SimulatedExecutor(world.scheduler))
        do {
            try await catalog.checkIntegrity()
            guard disk.isLife(life) else { throw Crashed() }
        } catch {
            try? await catalog.close()
            throw error
        }
        opened.withLock { $0 = catalog }
        let disk = disk
        return MountedCatalog(inner: catalog, watch: watch) { !disk.isLife(life) }
    }
    func failSoon() { disk.failSoon() }
    func crash() {
        disk.crash()
        opened.withLock { $0 = nil }
    }
    func set(_ trouble: DiskTrouble) { disk.set(trouble) }
    func isDegraded() async -> Bool {
        guard let catalog = opened.withLock({ $0 }) else { return false }
        return await !catalog.takesChanges
    }
    func wipe() {
        opened.withLock { $0 = nil }
        disk.wipe()
    }
    func copy() async -> any OwnerStorage { world.ownerStorage(disk.tree) }
}
