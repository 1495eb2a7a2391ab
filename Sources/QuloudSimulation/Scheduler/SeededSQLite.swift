import CSQLite
import Synchronization

/// Makes SQLite's own randomness (the salts of its logs) follow the seed.
enum SeededSQLite {
    private static let draw = Mutex(Draw(seed: 0, stream: 0))

    static func install() -> Bool {
        guard let system = sqlite3_vfs_find(nil) else { return false }
        system.pointee.xRandomness = { _, count, buffer in
            SeededSQLite.draw.withLock { draw in
                for index in 0..<Int(count) { buffer?[index] = CChar(truncatingIfNeeded: draw.next()) }
            }
            return count
        }
        return true
    }

    static func seed(_ seed: UInt64) {
        draw.withLock { $0 = Draw(seed: seed, stream: 7) }
        // Asks the system anew.
        sqlite3_randomness(0, nil)
    }
}
