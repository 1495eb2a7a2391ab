import Glibc
import QuloudTestKit
import Testing

/// Each file call fails in turn: the action fails or was done in truth, and nothing acknowledged is lost.
@Suite struct FaultPointTests {
    /// A fault and the calls that may meet it.
    enum Fault: String, CaseIterable, Sendable {
        case eio, enospc, eintr, short

        var effect: DiskFault.Effect {
            switch self {
            case .eio: .fail(EIO)
            case .enospc: .fail(ENOSPC)
            case .eintr: .fail(EINTR)
            case .short: .shortWrite
            }
        }

        var kinds: Set<DiskOperation.Kind> {
            switch self {
            case .eio: Set(DiskOperation.Kind.allCases)
            case .enospc: [.create, .write, .resize, .allocate, .sync, .rename, .link, .symlink, .makeDirectory]
            case .eintr: [.open, .create, .write, .resize, .sync, .close]
            case .short: [.write]
            }
        }
    }

    private func check<Subject: CrashSubject>(
        _ subject: Subject, _ fault: Fault, kinds: Set<DiskOperation.Kind>? = nil, budget: Int,
        inspect: (FaultPoints<Subject>.Outcome) -> [String] = { _ in [] }
    ) async throws {
        let points = FaultPoints(subject, fault.effect, kinds: kinds ?? fault.kinds, budget: budget)
        let report = try await points.run(inspect: inspect)
        print(report.line(fault.rawValue + (kinds == [.sync] ? " on sync" : "")))
        #expect(report.failures == [])
        // What a short write left out is written.
        if fault == .short { #expect(report.refused == 0) }
    }

    /// What could not be synced is in doubt: nothing more is taken until the store is opened anew.
    private func takesNoMore(_ outcome: FaultPoints<HolderSubject>.Outcome) -> [String] {
        guard let struck = outcome.struck, struck.kind == .sync, struck.error != EINTR, let during = outcome.during,
            // SQLite syncs the folder for a log whose name is durable already, and overlooks failures.
            !struck.path.isEmpty,
            // A blob that found no room costs nothing but itself.
            struck.error != ENOSPC || !struck.path.hasPrefix("blobs/tmp")
        else { return [] }
        let later = HolderSubject.stores.filter { $0 > during }
        return later.filter { outcome.failures[$0] == nil }.map { "action \($0) was accepted after a failed sync" }
    }

    @Test(.serialized, arguments: Fault.allCases) func holder(fault: Fault) async throws {
        try await check(HolderSubject(unnamedFiles: fault == .eio), fault, budget: 5, inspect: takesNoMore)
    }

    /// Every one of the script, and some of the 258 that opening makes, on as many directories that are alike.
    @Test(.serialized, arguments: [Fault.eio, .enospc]) func everySyncOfTheHolder(fault: Fault) async throws {
        let subject = HolderSubject(unnamedFiles: fault == .enospc)
        try await check(subject, fault, kinds: [.sync], budget: 54, inspect: takesNoMore)
    }

    @Test(arguments: [Fault.eio, .enospc]) func everySyncOfTheIndex(fault: Fault) async throws {
        try await check(IndexSubject(), fault, kinds: [.sync], budget: 16)
    }

    /// Among them those of the file's change to a write-ahead log.
    @Test(arguments: [Fault.eio, .enospc]) func everySyncOfTheCatalog(fault: Fault) async throws {
        try await check(CatalogSubject(), fault, kinds: [.sync], budget: 16)
    }

    @Test(arguments: Fault.allCases) func index(fault: Fault) async throws {
        try await check(IndexSubject(), fault, budget: 6)
    }

    @Test(arguments: Fault.allCases) func catalog(fault: Fault) async throws {
        try await check(CatalogSubject(), fault, budget: 5)
    }

    @Test(arguments: Fault.allCases) func restore(fault: Fault) async throws {
        try await check(RestoreSubject(), fault, budget: 10)
    }

    @Test(arguments: Fault.allCases) func smallFiles(fault: Fault) async throws {
        try await check(SmallFilesSubject(), fault, budget: 100)
    }
}
