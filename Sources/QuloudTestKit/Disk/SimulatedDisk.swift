import CFaultDisk
import Glibc
import Synchronization

/// A folder whose file calls are logged, can be made to fail, and can lose at a power cut what was not synced.
///
/// Adapters get `folder` and use it as any other: the calls are made for real, in memory where the machine has `/dev/shm`,
/// and pass through here whoever makes them, SQLite included (see `CFaultDisk`). `DiskModel` tells which states a power cut
/// may leave. After `cutPower` or `killProcess` the surviving state lies in a new folder, and whoever still uses the old one
/// gets `EIO` for every call, so that adapters of the dead process need not be closed first.
///
///     let disk = try SimulatedDisk()
///     let store = try await FileBlobStore.open(Array((disk.folder + "/blobs").utf8))
///     disk.add(DiskFault([.sync], .fail(EIO), path: "blobs/", after: 3))
///     …
///     let folder = try disk.cutPower(choosing: &generator)   // open everything again, below `folder`
///
/// Which state is left depends on the generator and on what was called, not on the order in which several threads happened
/// to call, on time, or on random parts of temporary names.
package final class SimulatedDisk: Sendable {
    private let state: Mutex<DiskVolume>
    private let base: String
    private let disk: Int32

    /// - Parameters:
    ///   - tree: what lies on it at first, durably.
    ///   - isRecording: keep `operations`; without it, memory does not grow with the number of calls.
    package init(_ tree: DiskTree = DiskTree(), isRecording: Bool = false) throws {
        base = try bypassingDisks { try Self.makeBase() }
        disk = try DiskRegistry.shared.register(base)
        state = Mutex(
            DiskVolume(disk: disk, base: Array(base.utf8), model: DiskModel(tree), isRecording: isRecording))
        try tree.layOut(at: base + "/0")
        DiskRegistry.shared.set(self, disk)
    }

    deinit {
        DiskRegistry.shared.remove(disk)
        bypassingDisks { removeTree(Array(base.utf8)) }
    }

    /// The environment variable that says where disks are made, for whoever removes them after a process that crashed.
    package static let placeVariable = "QULOUD_DISKS"
    /// Where they are made; `nil` for the system's temporary folder.
    package static var place: String? {
        let wanted = getenv(placeVariable).map { String(cString: $0) }
        return wanted ?? (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil)
    }
    private static func makeBase() throws -> String { try makeTemporaryFolder(below: place) }

    /// Where adapters work now.
    package var folder: String { state.withLock { $0.folder } }

    /// Calls since the start or the last crash, failed ones included, if they are recorded.
    package var operations: [DiskOperation] { state.withLock { $0.operations } }
    /// How many there are. Taken when something was acknowledged, it says which calls came before.
    package var operationCount: Int { state.withLock { $0.operations.count } }
    /// Calls of each kind ever made.
    package var counts: [DiskOperation.Kind: Int] { state.withLock { $0.counts } }
    /// Calls of each kind that a fault struck.
    package var struck: [DiskOperation.Kind: Int] { state.withLock { $0.struck } }

    /// The same by what the call was told.
    package var injected: [String: Int] { state.withLock { $0.injected } }
    /// Of which power cuts kept a part only.
    package var tornWrites: Int { state.withLock { $0.tornWrites } }

    func carryOut(_ call: inout quloud_disk_call) -> Int { state.withLock { $0.carryOut(&call) } }
}

// MARK: - Faults

extension SimulatedDisk {
    /// Puts a fault in force, until it has struck as often as it says; crashes do not end it.
    package func add(_ fault: DiskFault) { state.withLock { $0.faults.append(fault) } }

    /// From now on no call fails.
    package func clearFaults() { state.withLock { $0.faults = [] } }

    /// Flips a bit of the file at `path`, relative to the folder, counted from the file's start. False when there is none.
    package func flipBit(_ bit: Int, of path: String) -> Bool {
        state.withLock { volume in
            guard let byte = volume.model.flip(bit, of: Array(path.utf8)) else { return false }
            return bypassingDisks {
                let file = Glibc.open("\(volume.folder)/\(path)", O_WRONLY | O_CLOEXEC)
                guard file >= 0 else { return false }
                defer { close(file) }
                return withUnsafeBytes(of: byte) { pwrite(file, $0.baseAddress, 1, bit / 8) } == 1
            }
        }
    }
}

// MARK: - Crashes

extension SimulatedDisk {
    /// The machine loses its power: what was not synced survives as the generator chooses. Returns the new folder.
    @discardableResult
    package func cutPower(choosing generator: inout some RandomNumberGenerator) throws -> String {
        let draw = DiskFateDraw(&generator)
        var torn = 0
        let folder = try restart { model in
            let fates = draw.fates(of: model.undecided)
            torn = fates.count { $0 != .kept && $0 != .lost }
            return model.surviving { fates[$0] }
        }
        state.withLock { $0.tornWrites += torn }
        return folder
    }

    /// The process is killed: everything that was written survives. Returns the new folder.
    @discardableResult
    package func killProcess() throws -> String { try restart { $0.live } }

    private func restart(_ surviving: (DiskModel) -> DiskTree) throws -> String {
        try state.withLock { volume in
            var tree = surviving(volume.model)
            tree.prune(keeping: [])
            let old = volume.folder
            volume.restart(with: tree)
            bypassingDisks { removeTree(Array(old.utf8)) }
            try tree.layOut(at: volume.folder)
            return volume.folder
        }
    }
}

// MARK: - Questions

extension SimulatedDisk {
    /// Everything as it would be after a power cut now, under all circumstances and under the kindest.
    package var model: DiskModel { state.withLock { $0.model } }

    /// Whether the file or directory at `path`, relative to the folder, and every directory on the way to it, survive a
    /// power cut at this moment with all of their present content.
    package func isDurable(_ path: String) -> Bool { state.withLock { $0.model.isDurable(Array(path.utf8)) } }

    /// The present content of the file at `path`, if there is one.
    package func bytes(_ path: String) -> [UInt8]? { state.withLock { $0.model.live.bytes(path) } }
}
