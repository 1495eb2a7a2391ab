import CSQLite
import Glibc
import Testing

@testable import QuloudSQLite

@Suite struct DegradationTests {
    private let fsync = SQLITE_IOERR | (4 << 8)
    private let write = SQLITE_IOERR | (3 << 8)

    @Test func aFullDiskOrQuotaIsNoReasonToGiveTheDatabaseUp() {
        #expect(!DatabaseError.casts(doubtOnTheDevice: write, systemError: ENOSPC))
        #expect(!DatabaseError.casts(doubtOnTheDevice: write, systemError: EDQUOT))
        #expect(!DatabaseError.casts(doubtOnTheDevice: SQLITE_FULL, systemError: ENOSPC))
    }

    @Test func failedSyncsAndFailingDevicesAre() {
        #expect(DatabaseError.casts(doubtOnTheDevice: write, systemError: EIO))
        #expect(DatabaseError.casts(doubtOnTheDevice: fsync, systemError: EIO))
        #expect(DatabaseError.casts(doubtOnTheDevice: fsync, systemError: ENOSPC))
    }
}
