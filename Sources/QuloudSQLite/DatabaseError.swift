import CSQLite
import Glibc

/// What went wrong with a database. The description names the operation and the file, never a stored value.
package struct DatabaseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the caller can act upon.
    package enum Kind: Sendable, Equatable {
        /// The file is no database, or its pages contradict each other.
        case damaged
        /// A database of something else.
        case foreign
        /// Written by a later version of this program.
        case newerFormat
        /// Another process holds it.
        case locked
        /// No room left on the device.
        case full
        case failed
    }
    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension DatabaseError.Kind {
    /// The kind that an extended SQLite result code stands for. `systemError` is the `errno` behind it.
    init(code: Int32, systemError: Int32) {
        switch code & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .damaged
        case SQLITE_BUSY, SQLITE_LOCKED: self = .locked
        case SQLITE_FULL: self = .full
        // A disk quota shows as a failed write.
        case SQLITE_IOERR: self = [ENOSPC, EDQUOT].contains(systemError) ? .full : .failed
        default: self = .failed
        }
    }
}

extension DatabaseError {
    /// Whether pages that SQLite believes written may be lost. A write that found no room was not made, and the transaction
    /// is undone: with room again, the database goes on. A failed sync leaves doubt, whatever the reason.
    static func casts(doubtOnTheDevice code: Int32, systemError: Int32) -> Bool {
        guard code & 0xFF == SQLITE_IOERR else { return false }
        let wantsRoom = [ENOSPC, EDQUOT].contains(systemError)
        // FSYNC, DIR_FSYNC and CLOSE: macros that Swift does not see.
        let syncs = [4, 5, 16].map { SQLITE_IOERR | ($0 << 8) }
        return !wantsRoom || syncs.contains(code)
    }

    /// The error that `handle` reports for `code`.
    init(code: Int32, handle: OpaquePointer?, operation: String, path: String) {
        let systemError = handle.map { sqlite3_system_errno($0) } ?? 0
        let kind = Kind(code: code, systemError: systemError)
        let reason = String(cString: sqlite3_errstr(code))
        let detail = handle.map { String(cString: sqlite3_errmsg($0)) } ?? reason
        var text = "\(operation) in database \(path): \(detail)"
        if detail != reason { text += " (\(reason))" }
        switch kind {
        case .locked: text += ": another process uses it"
        case .failed, .full: if systemError != 0 { text += ": \(String(cString: strerror(systemError)))" }
        case .damaged, .foreign, .newerFormat: break
        }
        self.init(kind, "\(text) [sqlite \(code)]")
    }
}
