import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnData {
    /// Writes, syncs and renames that fail under a running process: what was acknowledged is there all the same.
    @Suite struct FailingWritesTests {
        /// The first two strike whoever stores a few chunks.
        private static let faults = [
            "sync:eio:after=12", "sync:eio:every=3:after=10", "write:enospc:every=5:after=30",
            "write:short:every=4:after=10", "rename:eio:every=3", "link:eio:every=2", "any:eio:every=17:after=60",
        ]

        @Test(.timeLimit(.minutes(10))) func aHoldersReceiptsDoNotLie() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 3, quorum: 3) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    let holder = fleet.holders[0]
                    var failures = 0
                    for _ in 0..<trial.rounds(1, long: 14) {
                        await holder.stop()
                        let plan = try trial.pick(Trial.some(Self.faults)) + ";path=" + holder.data
                        let failing = holder.with(try await FaultShim.settings(plan: plan, in: holder.folder))
                        // It may refuse to start, with a reason.
                        let started = await Result { try await failing.start() }
                        try ledger.change()
                        let short = try await ledger.begin(fleet.owner).outcome()
                        try require([.code(0), .code(3)].contains(short.exit), "\(plan): \(short)")
                        try ledger.note(short)
                        let exit = await failing.stop(SIGKILL)
                        try require(
                            [.signal(SIGKILL), .code(1), .code(12)].contains(exit),
                            "\(plan): \(exit as Any) \(failing.log)")
                        if case .failure = started { try require(exit == .code(1), "\(plan): \(failing.log)") }
                        failures += FaultShim.count(in: holder.folder)
                        unlink(holder.folder + "/faults")
                        try await holder.start()
                        // There, or told.
                        let audit = try await fleet.owner.run("audit", "--all", "--json")
                        try require([.code(0), .code(4)].contains(audit.exit), "\(plan): \(audit)")
                        try await ledger.checkNewest(fleet.owner)
                        let heal = try await fleet.owner.run("heal", "--json")
                        try require(heal.exit == .code(0), "\(plan): \(heal)")
                    }
                    try require(failures > 0, "no call ever failed")
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func anOwnersCatalogCannotBeWritten() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    await fleet.owner.stop()
                    var failures = 0
                    for _ in 0..<trial.rounds(2, long: 16) {
                        let fault = try trial.pick([
                            "sync:eio:after=\(trial.number(below: 12))",
                            "write:enospc:after=\(trial.number(below: 30))",
                            "write:eio:after=\(trial.number(below: 30)):times=1",
                        ])
                        let plan = fault + ":in=catalog;path=" + fleet.owner.data
                        let failing = fleet.owner.with(
                            try await FaultShim.settings(plan: plan, in: fleet.owner.folder))
                        try ledger.change(bytes: 1 << 20)
                        let backup = try await ledger.begin(failing).outcome()
                        try ledger.note(backup)
                        if backup.exit != .code(0) {
                            try require([.code(1), .code(3)].contains(backup.exit), "\(plan): \(backup)")
                            let complaint: Complaint = try backup.object()
                            try require(
                                complaint.error.contains("catalog") && complaint.hint != nil, "\(plan): \(backup)")
                        }
                        failures += FaultShim.count(in: fleet.owner.folder)
                        unlink(fleet.owner.folder + "/faults")
                    }
                    try require(failures > 0, "no call ever failed")
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
