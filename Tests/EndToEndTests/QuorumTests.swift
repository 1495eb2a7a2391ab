import Foundation
import Glibc
import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

@Suite struct QuorumTests {
    /// Fewer holders than the quorum: the backup says so and ends with its own code; when a third holder joins, the daemon
    /// places what is missing without being told.
    @Test(.timeLimit(.minutes(10))) func whatIsMissingIsPlacedWhenAHolderJoins() async throws {
        try await Fleet.with(holders: 2, owner: ["QULOUD_HEAL_AUTOMATIC": "true"]) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents", megabytes: 2)
            let backup = try await fleet.owner.run("backup", documents.path)
            #expect(backup.exit == .code(3), "\(backup)")
            #expect(backup.text.contains("2 of 3"), "\(backup)")
            let status = try await fleet.status()
            #expect(status.pending == status.chunks)

            let third = try await fleet.join(3)
            try await eventually("the daemon heals by itself") { try await fleet.status().pending == 0 }
            let audit = try await fleet.owner.run("audit", "--json")
            #expect(audit.exit == .code(0), "\(audit)")
            #expect(try audit.object(AuditReport.self).valid == 3 * status.chunks)
            await third.stop()
        }
    }

    /// Neither holders nor broker see plaintext, names or keys; a broker that keeps what waits for its quorum on disk
    /// neither.
    @Test(.timeLimit(.minutes(10))) func nothingReadableLiesWithHoldersOrTheBroker() async throws {
        try await Fleet.with(holders: 2, hub: ["QULOUD_BROKER_DATA_IN": "file"]) { fleet in
            let documents = try Documents(at: fleet.folder.path + "/documents", megabytes: 1)
            let backup = try await fleet.owner.run("backup", documents.path)
            #expect(backup.exit == .code(3), "\(backup)")

            let keyFiles = [fleet.owner.data + "/owner.key", fleet.owner.data + "/node.key"]
            var needles = [
                "file content": Data(Documents.contentMarker.utf8), "file name": Data(Documents.nameMarker.utf8),
                "recovery words": Data(fleet.words.prefix(3).joined(separator: " ").utf8),
                "source path": Data(documents.path.utf8),
                "content of a random file": try Data(contentsOf: URL(fileURLWithPath: documents.path + "/big 0"))
                    .subdata(in: 5000..<5024),
            ]
            for file in keyFiles {
                let hex = try #require(try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").last)
                #expect(hex.count == 64)
                needles["hexadecimal key \(file)"] = Data(hex.utf8)
                needles["key \(file)"] = Data(
                    stride(from: 0, to: 64, by: 2).compactMap { position in
                        UInt8(hex.dropFirst(position).prefix(2), radix: 16)
                    })
            }
            // The scan finds what it looks for.
            #expect(try !scan([documents.path], for: needles).isEmpty)
            #expect(try !scan([fleet.owner.data], for: needles).isEmpty)
            let scanned = fleet.holders.map(\.folder) + [fleet.hub.folder]
            #expect(try scan(scanned, for: needles) == [])
        }
    }

    /// Which of the needles are in which files, or in their names.
    private func scan(_ folders: [String], for needles: [String: Data]) throws -> [String] {
        var found: [String] = []
        for folder in folders {
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                let path = folder + "/" + name
                var facts = stat()
                guard lstat(path, &facts) == 0 else { continue }
                var content = Data(name.utf8)
                if facts.st_mode & S_IFMT == S_IFREG { content += try Data(contentsOf: URL(fileURLWithPath: path)) }
                for (what, needle) in needles where content.range(of: needle) != nil {
                    found.append("\(what) in \(path)")
                }
            }
        }
        return found
    }
}
