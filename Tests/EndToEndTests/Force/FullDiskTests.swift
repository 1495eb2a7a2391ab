import Foundation
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnData {
    /// A disk that is full: said with what to do about it, nothing is lost, and all goes on once there is room.
    @Suite(.enabled(if: SmallDisk.isPossible, "this user may not mount a file system"))
    struct FullDiskTests {
        /// Full without warning: something else on the disk has grown.
        @Test(.timeLimit(.minutes(5))) func aHoldersDiskIsFull() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    let holder = fleet.holders[0]
                    await holder.stop()
                    let disk = try SmallDisk(at: holder.data, megabytes: 64)
                    let greedy = holder.with(["QULOUD_HOLDER_RESERVE_FREE": "0"])
                    try await greedy.start()
                    try disk.fill(leaving: 200_000)
                    try ledger.change(bytes: 6 << 20)
                    let short = try await ledger.begin(fleet.owner).outcome()
                    try require(short.exit == .code(3), "a copy on a full disk counts: \(short)")
                    try ledger.note(short)
                    try require(greedy.isAlive, "the holder ended: \(greedy.log)")
                    try await ledger.checkNewest(fleet.owner)
                    disk.makeRoom()
                    try await fleet.settle(ledger)
                    try await ledger.checkAll(fleet.owner)
                    await greedy.stop()
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func theOwnersDiskIsFull() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    await fleet.owner.stop()
                    let disk = try SmallDisk(at: fleet.owner.data, megabytes: 48)
                    try await fleet.owner.start()
                    try disk.fill(leaving: trial.number(below: 60_000))
                    try ledger.change(bytes: 8 << 20)
                    let refused = try await ledger.begin(fleet.owner).outcome()
                    try require(refused.exit == .code(1), "\(refused)")
                    let complaint: Complaint = try refused.object()
                    try require(complaint.hint?.contains("room") == true, "it does not say what to do: \(refused)")
                    try require(fleet.owner.isAlive, "the daemon ended: \(fleet.owner.log)")
                    // What is there can still be had.
                    try await ledger.checkNewest(fleet.owner)
                    // Also for a daemon that starts on the full disk.
                    await fleet.owner.stop(SIGKILL)
                    disk.makeRoom()
                    try await fleet.owner.start()
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                    await fleet.owner.stop()
                }
            }
        }

        @Test(.timeLimit(.minutes(5))) func theDiskToRestoreToIsFull() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 1, quorum: 1) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 6)
                    try await ledger.backUp(fleet.owner)
                    let disk = try SmallDisk(at: fleet.folder.path + "/target", megabytes: 32)
                    try disk.fill(leaving: 4 << 20)
                    let target = disk.path + "/all"
                    let refused = try await fleet.owner.run("restore", "latest", "--to", target, "--json")
                    try require(refused.exit == .code(1) || refused.exit == .code(3), "\(refused)")
                    try require(refused.text.contains("no space left"), "it does not say why: \(refused)")
                    try require(refused.text.contains("room"), "it does not say what to do: \(refused)")
                    try require(refused.text.contains(disk.path), "it does not say where: \(refused)")
                    disk.makeRoom()
                    let again = try await fleet.owner.run("restore", "latest", "--to", target, "--overwrite", "--json")
                    try require(again.exit == .code(0), "\(again)")
                    try require(
                        description(of: target + "/documents") == description(of: ledger.documents.path),
                        "it came back otherwise")
                }
            }
        }
    }
}
