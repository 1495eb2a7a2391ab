import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

/// What a user sees after a crash, a deleted index, or a restored disk image.
@Suite struct UncleanStopTests {
    private func restart(_ node: Node) async throws {
        unlink(node.folder + "/log")
        try await node.start()
    }

    @Test(.timeLimit(.minutes(10))) func aKilledHolderWithoutIndexKeepsItsPromises() async throws {
        try await Fleet.with(holders: 2, quorum: 2) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents", megabytes: 2)
            let backup = try await fleet.owner.run("backup", documents.path)
            #expect(backup.exit == .code(0), "\(backup)")
            let holder = fleet.holders[0]
            await holder.stop(SIGKILL)
            try await restart(holder)
            #expect(holder.log.contains("checked after a stop that was not clean"), "\(holder.log)")
            await holder.stop(SIGKILL)
            for suffix in ["", "-wal", "-shm"] { unlink(holder.data + "/index.sqlite" + suffix) }
            try await restart(holder)
            #expect(holder.log.contains("made anew from the blobs"), "\(holder.log)")
            let audit = try await fleet.owner.run("audit")
            #expect(audit.exit == .code(0), "\(audit)")
            // It alone gives everything back.
            await fleet.holders[1].stop()
            let target = fleet.folder.path + "/restored"
            let restore = try await fleet.owner.run("restore", "latest", "--to", target)
            #expect(restore.exit == .code(0), "\(restore)")
            #expect(try description(of: target + "/documents") == description(of: documents.path))
        }
    }

    @Test(.timeLimit(.minutes(10))) func aRestoredDiskImageIsRefused() async throws {
        try await Fleet.with(holders: 2, quorum: 2) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents", megabytes: 1)
            #expect(try await fleet.owner.run("backup", documents.path).exit == .code(0))
            await fleet.owner.stop()
            let files = FileManager.default
            let image = fleet.folder.path + "/image"
            try files.copyItem(atPath: fleet.owner.data, toPath: image)
            #expect(try await fleet.owner.run("backup", documents.path).exit == .code(0))
            try files.removeItem(atPath: fleet.owner.data)
            try files.copyItem(atPath: image, toPath: fleet.owner.data)
            chmod(fleet.owner.data, 0o700)

            let refused = try await fleet.owner.run("backup", documents.path, "--json")
            #expect(refused.exit == .code(1), "\(refused)")
            let complaint = try refused.object(Complaint.self)
            #expect(complaint.error.contains("page 2") && complaint.error.contains("page 1"), "\(refused)")
            #expect(complaint.hint?.contains("quloud recover") ?? false, "\(refused)")

            try await restart(fleet.owner)
            try await eventually("status names the old catalog") {
                try await fleet.status().historyProblem?.contains("page 2") ?? false
            }
            let doctor = try await fleet.owner.run("doctor")
            #expect(doctor.exit == .code(1) && doctor.text.contains("page 2"), "\(doctor)")
        }
    }
}
