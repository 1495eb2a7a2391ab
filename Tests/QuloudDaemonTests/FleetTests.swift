import FoundationEssentials
import Glibc
import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudNATS
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

    /// Whoever connects first: the hub's configuration says where the bytes are kept, not theirs.
    @Test(.timeLimit(.minutes(2))) func aHubMakesItsStreamsAsItsConfigurationSays() async throws {
        try await Fleet.with(holders: 0) { fleet, owner, _ in
            let connection = try await NATSConnection.connect(FabricAccess.settings(fleet.broker, owner.fabric))
            let jetStream = JetStream(connection)
            let (data, tickets) = (
                try await jetStream.streamInfo("QULOUD_DATA"), try await jetStream.streamInfo("QULOUD_TICKETS")
            )
            #expect(data.config.storage == .memory)
            #expect(tickets.config.storage == .file)
            await connection.close()
        }
    }

    @Test(.timeLimit(.minutes(10))) func aFolderComesBackFromHoldersAfterLossAndFromWordsAlone() async throws {
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

    @Test(.timeLimit(.minutes(10))) func aFolderThatIsNotThereIsNamed() async throws {
        try await Fleet.with(holders: 0) { fleet, owner, _ in
            let error = await #expect(throws: OperationFailure.self) {
                try await fleet.perform(.backup(BackupRequest(paths: ["/no/such/folder"])), owner)
            }
            #expect(error?.kind == .failed && error?.message.hasPrefix("/no/such/folder: ") == true)
        }
    }

    @Test(.timeLimit(.minutes(10))) func aHolderThatKeepsNothingButAnswersIsCaughtByTheFirstAudit() async throws {
        try await Fleet.with(holders: 3) { fleet, owner, _ in
            let liar = try await LyingHolder(fleet, owner)
            let lying = Task { await liar.run() }
            defer { lying.cancel() }
            try await Self.waitForHolders(4, fleet, owner)
            let source = fleet.folder + "/source"
            try Self.makeSource(source)
            _ = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner)
            // The first chunks went to the holders that answered first; now all are known, and there is something for each.
            let more = SeededEntropy(seed: 8).bytes(16 << 20)
            try AtomicFile.write(more, to: Array("\(source)/more".utf8), permissions: 0o644)
            _ = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner)
            guard case .status(let before) = try await fleet.perform(.status, owner) else { return }
            let held = before.owner?.holders.first { $0.node == liar.keys.id.description }?.valid ?? 0
            #expect(held > 0)

            guard case .audit(let audit) = try await fleet.perform(.audit(AuditRequest()), owner) else { return }
            #expect(audit.lost.count == held)
            #expect(audit.lost.allSatisfy { $0.node == liar.keys.id.description })
            #expect(audit.lost.allSatisfy { $0.reason.contains("proof was wrong") })
            #expect(audit.valid == audit.challenged - held)

            guard case .heal(let heal) = try await fleet.perform(.heal, owner) else { return }
            #expect(heal.stillBelow == 0 && heal.unrecoverable.isEmpty)
            guard case .audit(let again) = try await fleet.perform(.audit(AuditRequest()), owner) else { return }
            #expect(again.lost.isEmpty && again.valid == again.challenged)
        }
    }

    @Test(.timeLimit(.minutes(10))) func noPlaintextNameOrKeyCrossesTheWireOrLiesOnHoldersDisks() async throws {
        try await Fleet.with(holders: 3) { fleet, owner, _ in
            guard case .urls(let urls) = owner.fabric.broker else { return }
            let spy = try await NATSConnection.connect(try FabricAccess.settings(urls, owner.fabric))
            let tap = try await spy.subscribe(">", pendingCountMax: 100_000, pendingBytesMax: 512 << 20)
            let source = fleet.folder + "/source"
            try Self.makeSource(source)
            let marker = Array("a secret line that compresses badly: 8f3c1e".utf8)
            try AtomicFile.write(marker, to: Array((source + "/very-secret-name.txt").utf8), permissions: 0o600)
            _ = try await fleet.perform(.backup(BackupRequest(paths: [source], label: "label-of-mine")), owner)
            _ = try await fleet.perform(.audit(AuditRequest()), owner)
            let target = fleet.folder + "/restored"
            _ = try await fleet.perform(
                .restore(RestoreRequest(snapshot: "latest", paths: [], target: target, overwrite: false)), owner)
            var wire: [[UInt8]] = []
            while let message = try await tap.next(until: .now + .milliseconds(300)) {
                wire.append(Array(message.subject.utf8) + message.payload)
            }
            await spy.close()

            let key = try SecretFile.owner.read(owner.node.dataDirectory + "/owner.key").withUnsafeBytes { Array($0) }
            let secrets = [marker, Array("very-secret-name".utf8), Array("label-of-mine".utf8), key]
            #expect(wire.count > 50)
            for message in wire { #expect(!Self.holds(message, any: secrets)) }
            for name in ["holder0", "holder1", "holder2", "hub"] {
                for file in Self.files(below: fleet.folder + "/" + name) {
                    let bytes = try FileDescriptor.open(Array(file.utf8), O_RDONLY).read(at: 0, count: 64 << 20)
                    #expect(!Self.holds(bytes, any: secrets), "in \(file)")
                }
            }
        }
    }

    private static func holds(_ bytes: [UInt8], any secrets: [[UInt8]]) -> Bool {
        let haystack = Data(bytes)
        return secrets.contains { haystack.firstRange(of: Data($0)) != nil }
    }

    private static func files(below folder: String) -> [String] {
        guard let pipe = popen("find '\(folder)' -type f -size -60M", "r") else { return [] }
        defer { pclose(pipe) }
        var text = ""
        var buffer = [CChar](repeating: 0, count: 4096)
        while fgets(&buffer, 4096, pipe) != nil {
            text += String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return text.split(separator: "\n").map(String.init)
    }

    /// Until so many holders announce themselves.
    private static func waitForHolders(_ count: Int, _ fleet: Fleet, _ owner: Configuration) async throws {
        let assembly = try await NodeAssembly.open(owner, for: .command(needsFabric: true), logger: .silent)
        let context = try assembly.operations().context
        while try await Discovery(context).holders().count < count { try Task.checkCancellation() }
        await assembly.close()
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
