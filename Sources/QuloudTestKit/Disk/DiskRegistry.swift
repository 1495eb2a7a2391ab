import CFaultDisk
import Glibc
import Synchronization

/// Which disk has which number.
final class DiskRegistry: Sendable {
    static let shared = DiskRegistry()

    private struct Entry {
        weak var disk: SimulatedDisk?
    }

    private let disks = Mutex<[Int32: Entry]>([:])

    private init() {
        quloud_disk_set_hook { disk, call in
            guard let call else { return Int(-EINVAL) }
            guard let found = DiskRegistry.shared.disks.withLock({ $0[disk]?.disk }) else {
                return quloud_disk_execute(call)
            }
            return found.carryOut(&call.pointee)
        }
    }

    func register(_ folder: String) throws -> Int32 {
        let number = quloud_disk_register(folder)
        guard number > 0 else { throw TemporaryFolderError(code: EMFILE) }
        return number
    }

    func set(_ disk: SimulatedDisk, _ number: Int32) { disks.withLock { $0[number] = Entry(disk: disk) } }

    func remove(_ number: Int32) {
        quloud_disk_unregister(number)
        disks.withLock { $0[number] = nil }
    }
}
