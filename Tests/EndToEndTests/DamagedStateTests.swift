import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

/// What is wrong with a node's own files is named, and nothing is changed.
@Suite struct DamagedStateTests {
    private static let settings = ["QULOUD_HOLDER_ALLOW_UNSAFE_FILESYSTEM": "true"]

    /// A node that is set up and has a catalog, not running.
    private func node(_ name: String, in folder: TestFolder) async throws -> Node {
        let node = Node(name, in: folder, Self.settings)
        try await node.make()
        let status = try await node.run("status")
        #expect(status.exit == .code(0), "\(status)")
        return node
    }

    private func replace(_ path: String, with other: String) throws {
        let content = try Data(contentsOf: URL(fileURLWithPath: other))
        try content.write(to: URL(fileURLWithPath: path))
        chmod(path, 0o600)
    }

    @Test(.timeLimit(.minutes(10))) func aKeyFileOfAnotherKindIsNamed() async throws {
        let folder = try TestFolder()
        let node = try await node("node", in: folder)
        try replace(node.data + "/owner.key", with: node.data + "/node.key")
        let status = try await node.run("status", "--json")
        #expect(status.exit == .code(12), "\(status)")
        #expect(try status.object(Complaint.self).error.contains("owner.key"), "\(status)")
    }

    @Test(.timeLimit(.minutes(10))) func theKeyOfAnotherOwnerIsNamed() async throws {
        try await Fleet.with(holders: 1, quorum: 1) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents", megabytes: 1)
            let backup = try await fleet.owner.run("backup", documents.path)
            #expect(backup.exit == .code(0), "\(backup)")
            await fleet.owner.stop()
            let stranger = Node("stranger", in: fleet.folder, Self.settings)
            try await stranger.make()
            try replace(fleet.owner.data + "/owner.key", with: stranger.data + "/owner.key")
            let status = try await fleet.owner.run("status", "--json")
            #expect(status.exit == .code(12), "\(status)")
            #expect(try status.object(Complaint.self).error.contains("owner"), "\(status)")
        }
    }

    @Test(.timeLimit(.minutes(10))) func aForeignOrDamagedDatabaseIsNamed() async throws {
        let folder = try TestFolder()
        let node = try await node("node", in: folder)
        try await node.start()
        await node.stop()
        let catalog = node.data + "/catalog.sqlite"
        for suffix in ["-wal", "-shm"] { unlink(catalog + suffix) }
        try replace(catalog, with: node.data + "/index.sqlite")
        let foreign = try await node.run("status", "--json")
        #expect(foreign.exit != .code(0), "\(foreign)")
        #expect(try foreign.object(Complaint.self).error.contains(catalog), "\(foreign)")
        try Data(repeating: 0x5A, count: 8192).write(to: URL(fileURLWithPath: catalog))
        let damaged = try await node.run("status", "--json")
        #expect(damaged.exit != .code(0), "\(damaged)")
        #expect(try damaged.object(Complaint.self).error.contains(catalog), "\(damaged)")
    }

    @Test(.timeLimit(.minutes(10))) func everythingWrongInAConfigurationIsSaidAtOnce() async throws {
        let folder = try TestFolder()
        let node = try await node("node", in: folder)
        try "[owner]\nquorum = 99\n[holder]\ncapcity = \"1 GiB\"\n".write(
            toFile: node.configuration, atomically: true, encoding: .utf8)
        let status = try await node.run("status")
        #expect(status.exit == .code(2), "\(status)")
        #expect(status.text.contains("2") && status.text.contains("quorum"), "\(status)")
        #expect(status.text.contains("4") && status.text.contains("capcity"), "\(status)")
    }

    @Test(.timeLimit(.minutes(10))) func restoringTwiceOverwritesNothingUnlessTold() async throws {
        try await Fleet.with(holders: 1, quorum: 1) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents", megabytes: 1)
            #expect(try await fleet.owner.run("backup", documents.path).exit == .code(0))
            let target = fleet.folder.path + "/restored"
            let first = try await fleet.owner.run("restore", "latest", "--to", target)
            #expect(first.exit == .code(0), "\(first)")
            let file = target + "/documents/big 0"
            try "changed since".write(toFile: file, atomically: false, encoding: .utf8)
            let second = try await fleet.owner.run("restore", "latest", "--to", target)
            #expect(second.exit != .code(0), "\(second)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "changed since")
            let third = try await fleet.owner.run("restore", "latest", "--to", target, "--overwrite")
            #expect(third.exit == .code(0), "\(third)")
            #expect(try description(of: target + "/documents") == description(of: documents.path))
        }
    }
}
