import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

@Suite struct StoryTests {
    /// What `scripts/quickstart` shows: loss on three holders is found, named and healed, and the owner's machine is not
    /// needed to get everything back.
    @Test(.timeLimit(.minutes(10))) func aFolderOutlivesItsHoldersAndItsOwner() async throws {
        try await Fleet.with(holders: 5) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents")
            let before = try description(of: documents.path)

            let backup = try await fleet.owner.run("backup", documents.path, "--json")
            #expect(backup.exit == .code(0), "\(backup)")
            #expect(try backup.object(BackupReport.self).isProtected)
            let chunks = try await fleet.status().chunks
            #expect(try await fleet.status().valid == 3 * chunks)

            let clean = try await fleet.owner.run("audit", "--json")
            #expect(clean.exit == .code(0), "\(clean)")
            #expect(try clean.object(AuditReport.self).valid == 3 * chunks)

            let expected = try await damage(fleet)
            let damaged = try await fleet.owner.run("audit", "--json")
            #expect(damaged.exit == .code(4), "\(damaged)")
            let lost = try damaged.object(AuditReport.self).lost
            #expect(Dictionary(lost.map { ($0.label, 1) }, uniquingKeysWith: +) == expected)
            #expect(lost.allSatisfy { !$0.reason.isEmpty && $0.chunk.count == 64 })

            let heal = try await fleet.owner.run("heal", "--json")
            #expect(heal.exit == .code(0), "\(heal)")
            #expect(try heal.object(HealReport.self).replicasPlaced == expected.values.reduce(0, +))
            let again = try await fleet.owner.run("audit", "--json")
            #expect(again.exit == .code(0), "\(again)")
            #expect(try again.object(AuditReport.self).valid == 3 * chunks)

            let restored = try await recover(fleet, snapshots: 1)
            #expect(try description(of: restored + "/documents") == before)
        }
    }

    /// Deletes, falsifies, kills. Returns how many replicas each holder has lost by it.
    private func damage(_ fleet: Fleet) async throws -> [String: Int] {
        let kept = try await fleet.replicas()
        let order = fleet.holders.sorted { kept[$0.name, default: 0] < kept[$1.name, default: 0] }.suffix(3)
        let (rotten, lazy, dead) = (order[order.startIndex], order[order.startIndex + 1], order[order.startIndex + 2])
        func size(_ path: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        }
        let deleted = lazy.blobs.prefix(3)
        #expect(deleted.count == 3)
        let sizes = try Set(deleted.map(size))
        for path in deleted { unlink(path) }
        // Of another size, so no replica of the same chunk: one copy at least is left of each.
        let victim = try #require(try rotten.blobs.first { try !sizes.contains(size($0)) })
        var bytes = try Data(contentsOf: URL(fileURLWithPath: victim))
        bytes[bytes.count / 2] ^= 1
        chmod(victim, 0o600)
        try bytes.write(to: URL(fileURLWithPath: victim))
        await dead.stop(SIGKILL)
        return [lazy.name: 3, rotten.name: 1, dead.name: kept[dead.name, default: 0]]
    }

    /// Destroys the owner's machine, and restores on a new one with the words. Returns where to.
    private func recover(_ fleet: Fleet, snapshots: Int) async throws -> String {
        await fleet.owner.stop(SIGKILL)
        try FileManager.default.removeItem(atPath: fleet.owner.folder)
        let fresh = Node("fresh", in: fleet.folder, fleet.owner.settings)
        #expect(fleet.words.count == 24)
        try fleet.folder.write("words", fleet.words.joined(separator: "\n") + "\n")
        let recovered = try await fresh.run(
            "recover", "--words-file", fleet.folder.path + "/words", "--broker", fleet.broker, "--data-dir", fresh.data,
            "--json")
        #expect(recovered.exit == .code(0), "\(recovered)")
        let report = try recovered.object(RecoverReport.self)
        #expect(report.snapshots == snapshots)
        #expect(report.missingChunks == 0)
        let target = fleet.folder.path + "/restored"
        let restored = try await fresh.run("restore", "latest", "--to", target, "--json")
        #expect(restored.exit == .code(0), "\(restored)")
        return target
    }
}
