import Glibc
import QuloudCore
import QuloudFiles
import QuloudSystem
import QuloudTestKit
import Testing

@testable import QuloudDaemon

@Suite(.serialized) struct FleetTests {
    /// A folder with files of many sizes.
    static func makeSource(_ folder: String) throws {
        mkdir(folder, 0o755)
        mkdir(folder + "/inside", 0o755)
        let entropy = SeededEntropy(seed: 7)
        for (index, size) in [0, 1, 1000, 70_000, 200_000, 3_000_000].enumerated() {
            try AtomicFile.write(entropy.bytes(size), to: Array("\(folder)/file\(index)".utf8), permissions: 0o644)
            try AtomicFile.write(
                entropy.bytes(size), to: Array("\(folder)/inside/file\(index)".utf8), permissions: 0o600)
        }
        symlink("file1", folder + "/link")
        link(folder + "/file4", folder + "/again")
    }

    @Test(.timeLimit(.minutes(2))) func aFolderComesBackFromHoldersAfterLossAndFromWordsAlone() async throws {
        try await Fleet.with(holders: 4) { fleet, owner, words in
            let source = fleet.folder + "/source"
            try Self.makeSource(source)
            guard
                case .backup(let backup) = try await fleet.perform(
                    .backup(BackupRequest(paths: [source])), owner,
                    emit: { Fleet.logger.debug("event", ["e": .string("\($0)")]) })
            else {
                Issue.record("no backup report")
                return
            }
            #expect(backup.isProtected)
            #expect(backup.fewestReplicas == 3)
            #expect(backup.problems == 0)

            guard case .audit(let audit) = try await fleet.perform(.audit(AuditRequest()), owner) else { return }
            #expect(audit.lost.isEmpty)
            #expect(audit.valid == audit.challenged)
            #expect(audit.challenged >= 3 * backup.newChunks)

            let target = fleet.folder + "/restored"
            guard
                case .restore(let restore) = try await fleet.perform(
                    .restore(RestoreRequest(snapshot: "latest", paths: [], target: target, overwrite: false)), owner)
            else { return }
            #expect(restore.problems == 0)
            #expect(try Self.digest(source) == Self.digest(target + "/source"))

            let recovered = fleet.node("recovered") { $0.holder.enabled = false }
            let report = try await QuloudNode.recover(
                words: words, configuration: recovered, overriding: [],
                configurationFile: fleet.folder + "/recovered.toml",
                logger: .silent, emit: { _ in })
            #expect(report.snapshots == 1)
            #expect(report.missingChunks == 0)
            let again = fleet.folder + "/again"
            _ = try await fleet.perform(
                .restore(RestoreRequest(snapshot: "latest", paths: [], target: again, overwrite: false)), recovered)
            #expect(try Self.digest(source) == Self.digest(again + "/source"))
        }
    }

    /// Content and metadata of a tree, as one text.
    static func digest(_ path: String) throws -> String {
        let tar =
            "tar --sort=name --format=posix --numeric-owner --pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime"
        let command = "\(tar) -C '\(path)' -cf - . | sha256sum"
        let pipe = popen(command, "r")
        defer { pclose(pipe) }
        var buffer = [CChar](repeating: 0, count: 256)
        fgets(&buffer, 256, pipe)
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
