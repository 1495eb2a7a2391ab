import QuloudFiles
import QuloudSystem
import Testing

@testable import QuloudDaemon

@Suite(.serialized) struct RecoveryTests {
    @Test(.timeLimit(.minutes(10))) func anInterruptedRecoveryIsNoOwnerAndCanBeRepeated() async throws {
        try await Fleet.with(holders: 3) { fleet, owner, words in
            let source = fleet.folder + "/source"
            try FleetTests.makeSource(source)
            _ = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner)
            let node = fleet.node("recovered") { $0.holder.enabled = false }
            let recover = {
                try await QuloudNode.recover(
                    words: words, configuration: node, overriding: [],
                    configurationFile: fleet.folder + "/recovered.toml", logger: .silent, emit: { _ in })
            }
            #expect(try await recover().snapshots == 1)
            await #expect(throws: OperationFailure.self, "never over an owner that is whole") { try await recover() }

            // As a crash in the middle leaves it.
            let directory = DataDirectory(path: node.node.dataDirectory)
            try AtomicFile.write([], to: Array(directory.recoveryMark.utf8))
            await #expect(throws: OperationFailure.self) { try await fleet.perform(.snapshots, node) }
            #expect(try await recover().snapshots == 1)
            guard case .snapshots(let snapshots) = try await fleet.perform(.snapshots, node) else { return }
            #expect(snapshots.count == 1)
            #expect(!directory.isRecovering)
        }
    }
}
