import QuloudCore
import QuloudFiles
import QuloudSystem

/// A file that tells that a database was closed well. It is taken away before the database is opened, so that after a crash
/// it is missing, and so it is when the disk has no room for it.
struct ClosedMark: Sendable {
    let path: String

    /// Removes the mark, durably; false when there was none.
    func take() throws -> Bool {
        do {
            return try AtomicFile.remove(Array(path.utf8))
        } catch {
            throw OperationFailure(
                .failed, "cannot remove \(path): \(error)", hint: "check the disk and the permissions of its folder")
        }
    }

    /// Closes a database, and puts the mark when that went well.
    func closing(_ close: () async throws -> Void) async {
        do {
            try await close()
            try AtomicFile.write([], to: Array(path.utf8), permissions: 0o600)
        } catch {
            // Without the mark the next start checks: that is all that is to be done about it.
        }
    }

    /// Checks a database that was not closed well.
    static func checking(
        _ database: String, _ log: @Sendable (Note) -> Void, _ check: () async throws -> Void
    ) async throws {
        let time = SystemTime()
        let start = time.uptime
        try await check()
        let seconds = (time.uptime - start).inSeconds
        let text = "checked after a stop that was not clean, in \(Int(seconds * 1000)) ms: sound"
        log(Note(.info, subject: database, text))
    }
}
