import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnData {
    /// One bit flipped in each kind of file of a data directory in turn.
    ///
    /// | file | what must happen |
    /// |---|---|
    /// | `blobs/…` | never given out; the next audit tells; healed from other replicas |
    /// | `index.sqlite`, `-wal` | read rightly, or made anew from the blobs, or refused by name; the audit tells |
    /// | `node.key`, `owner.key`, `blobs/format` | refused by name, unless it reads the same |
    /// | `catalog.sqlite`, `-wal` | refused by name, or all that is restored is right; the words bring it back |
    /// | `node.toml` | refused by name, or it works as it says |
    /// | files of the broker | costs time, at worst until somebody deletes the store: what is forgotten is sent again |
    @Suite struct BitFlipTests {
        @Test(.timeLimit(.minutes(10))) func everyBlobOfAHolder() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 3, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    try await ledger.backUp(fleet.owner)
                    let holder = try trial.pick(fleet.holders.filter { !$0.blobs.isEmpty })
                    let blobs = holder.blobs
                    for blob in blobs { try Flip(trial: trial).one(in: blob) }
                    try await ledger.checkNewest(fleet.owner)
                    let audit = try await fleet.owner.run("audit", "--all", "--json")
                    try require(audit.exit == .code(4), "\(audit)")
                    let lost = try audit.object(AuditReport.self).lost
                    try require(lost.count == blobs.count, "\(lost.count) of \(blobs.count) told: \(audit)")
                    try require(lost.allSatisfy { $0.label == holder.name }, "another is blamed: \(audit)")
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        @Test(
            .timeLimit(.minutes(10)),
            arguments: Trial.some(["index.sqlite", "blobs/format", "index.sqlite-wal", "node.key"]))
        func aFileOfAHolder(_ file: String) async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 3, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    let holder = fleet.holders[0]
                    for _ in 0..<trial.rounds(1, long: 6) {
                        await holder.stop(SIGKILL)
                        guard try files(below: holder.data).contains(file) else { throw Failure("there is no \(file)") }
                        try await Flip(trial: trial).inTurn(file, of: holder.data) { what in
                            do {
                                try await holder.start()
                            } catch {
                                let exit = await holder.stop(SIGKILL)
                                try require(
                                    [.code(1), .code(10), .code(12)].contains(exit), "\(exit as Any): \(error)")
                                try require(
                                    holder.log.contains(
                                        file == "blobs/format" ? "\"format\"" : String(file.prefix(12))),
                                    "not named: \(holder.log)")
                            }
                            let audit = try await fleet.owner.run("audit", "--all", "--json")
                            try require([.code(0), .code(4)].contains(audit.exit), "\(audit)")
                            try await ledger.checkNewest(fleet.owner)
                            await holder.stop(SIGKILL)
                        }
                        try await holder.start()
                        let again = try await fleet.owner.run("audit", "--all", "--json")
                        try require([.code(0), .code(4)].contains(again.exit), "\(again)")
                        let heal = try await fleet.owner.run("heal", "--json")
                        try require(heal.exit == .code(0), "\(heal)")
                    }
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        @Test(
            .timeLimit(.minutes(10)),
            arguments: Trial.some([
                "data/catalog.sqlite-wal", "data/owner.key", "data/catalog.sqlite", "data/node.key", "node.toml",
            ]))
        func aFileOfAnOwner(_ file: String) async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    try ledger.change(bytes: 1 << 20)
                    try await ledger.backUp(fleet.owner)
                    await fleet.owner.stop(SIGKILL)
                    guard try files(below: fleet.owner.folder).contains(file) else {
                        throw Failure("there is no \(file)")
                    }
                    let name =
                        file.hasPrefix("data/catalog") ? "catalog" : String(file.split(separator: "/").last ?? "")
                    for round in 0..<trial.rounds(1, long: 12) {
                        let target = "\(fleet.folder.path)/flipped \(round)"
                        try await Flip(trial: trial).inTurn(file, of: fleet.owner.folder) { what in
                            let restore = try await fleet.owner.run("restore", "latest", "--to", target, "--json")
                            try require(!restore.wasTrapped, "\(restore)")
                            guard restore.exit != .code(0) else {
                                // A log that is cut short is an older catalog: the holders' heads tell.
                                let restored = try description(of: target + "/documents")
                                let fellBack = restored == ledger.promised[0].content && restore.saysHistoryIsOld
                                return try require(
                                    restored == ledger.promised.last?.content || fellBack, "silently wrong: \(restore)")
                            }
                            // The configuration may now name another folder or broker: then that one is named.
                            let said =
                                restore.text.contains(name) || restore.exit == .code(3) || restore.saysHistoryIsOld
                            try require(said || file == "node.toml", "not named: \(restore)")
                            try require(restore.text.contains("hint") || restore.exit == .code(3), "\(restore)")
                        }
                    }
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func filesOfTheBroker() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2, hub: ["QULOUD_BROKER_DATA_IN": "file"]) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    let folder = fleet.hub.data + "/broker"
                    for round in 0..<trial.rounds(1, long: 4) {
                        try ledger.change()
                        let backup = try await ledger.begin(fleet.owner)
                        try await trial.pause(upTo: .seconds(1))
                        await fleet.hub.stop(SIGKILL)
                        // The port is how the others know it: another port is another broker.
                        for file in try files(below: folder) where file != "broker.port" {
                            try Flip(trial: trial).one(in: folder + "/" + file)
                        }
                        do {
                            try await fleet.hub.start()
                        } catch {
                            // A server may refuse such a store, and says so; nothing in it matters.
                            let exit = await fleet.hub.stop(SIGKILL)
                            try require(exit == .code(1) || exit == .code(20), "\(exit as Any): \(error)")
                            try require(fleet.hub.log.contains("hint"), "\(fleet.hub.log)")
                            try FileManager.default.removeItem(atPath: folder + "/store")
                            try await fleet.hub.start()
                        }
                        try ledger.note(await backup.outcome())
                        do { try await fleet.settle(ledger, within: .seconds(60)) } catch {
                            // A server may also misread such a store without a word: it is deleted, as the operator would.
                            print("round \(round): the server misreads its store: \(error)")
                            await fleet.hub.stop()
                            try FileManager.default.removeItem(atPath: folder + "/store")
                            try await fleet.hub.start()
                            try await fleet.settle(ledger)
                        }
                    }
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        /// Not flipped but gone: what a holder has promised is in its blobs.
        @Test(.timeLimit(.minutes(10))) func theIndexIsDeleted() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    for _ in 0..<trial.rounds(1, long: 5) {
                        try ledger.change()
                        try await ledger.backUp(fleet.owner)
                        for holder in fleet.holders {
                            await holder.stop(try trial.pick([SIGKILL, SIGTERM]))
                            for suffix in ["", "-wal", "-shm"] { unlink(holder.data + "/index.sqlite" + suffix) }
                            try await holder.start()
                        }
                        try await ledger.checkAll(fleet.owner)
                    }
                }
            }
        }
    }
}

extension Outcome {
    fileprivate var saysHistoryIsOld: Bool { text.contains("of this owner's history") }
}
