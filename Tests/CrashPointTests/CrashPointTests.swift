import Glibc
import QuloudTestKit
import Testing

/// Every moment at which the power may fail, and what may be left then. `QULOUD_CRASH_POINTS=all` tries every state.
@Suite(.serialized) struct CrashPointTests {
    private func check(_ points: CrashPoints<some CrashSubject>) async throws {
        let report = try await points.run()
        print(report.line)
        // Now, for whoever waits for it.
        fflush(nil)
        #expect(report.failures == [])
        #expect(report.recovered > 0)
    }

    @Test(arguments: [true, false]) func holder(unnamedFiles: Bool) async throws {
        try await check(CrashPoints(HolderSubject(unnamedFiles: unnamedFiles), budget: 12))
    }

    @Test func newStore() async throws { try await check(CrashPoints(FreshStoreSubject(), budget: 5)) }

    @Test func index() async throws { try await check(CrashPoints(IndexSubject(), budget: 40)) }

    @Test func catalog() async throws { try await check(CrashPoints(CatalogSubject(), budget: 25)) }

    @Test func restore() async throws { try await check(CrashPoints(RestoreSubject(), budget: 50)) }

    @Test func smallFiles() async throws { try await check(CrashPoints(SmallFilesSubject(), budget: 1000)) }
}
