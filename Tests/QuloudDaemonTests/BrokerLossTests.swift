import Glibc
import QuloudCore
import QuloudFiles
import QuloudSystem
import QuloudTestKit
import Synchronization
import Testing

@testable import QuloudDaemon

/// Backups through a broker that fails, on every server version at hand.
@Suite(.serialized) struct BrokerLossTests {
    /// The broker dies in the middle of a backup, without warning, and what it kept is gone with it.
    @Test(.timeLimit(.minutes(10)), arguments: NATSServers.all)
    func aBrokerThatIsKilledAndWipedInTheMiddleCostsTimeOnly(_ server: String) async throws {
        try await Fleet.with(holders: 4, server: server) { fleet, owner, _ in
            let source = fleet.folder + "/source"
            try FleetTests.makeSource(source)
            try AtomicFile.write(
                SeededEntropy(seed: 3).bytes(24 << 20), to: Array("\(source)/large".utf8), permissions: 0o644)
            let killed = Atomic(false)
            let broker = try #require(fleet.brokerProcess)
            let report = try await fleet.perform(.backup(BackupRequest(paths: [source])), owner) { event in
                guard case .progress(let progress) = event, progress.replicasConfirmed > 0,
                    killed.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
                else { return }
                // Stopped first: nothing is to be removed under the next broker.
                kill(broker, SIGSTOP)
                removeTree(Array((fleet.hub.node.dataDirectory + "/broker/jetstream").utf8))
                kill(broker, SIGKILL)
            }
            guard case .backup(let backup) = report else { return }
            let wasKilled = killed.load(ordering: .relaxed)
            #expect(wasKilled)
            #expect(backup.isProtected && backup.fewestReplicas == 3, "\(backup)")
            #expect(fleet.brokerProcess != broker)

            guard case .audit(let audit) = try await fleet.perform(.audit(AuditRequest()), owner) else { return }
            #expect(audit.lost.isEmpty && audit.valid == audit.challenged)
            let target = fleet.folder + "/restored"
            _ = try await fleet.perform(
                .restore(RestoreRequest(snapshot: "latest", paths: [], target: target, overwrite: false)), owner)
            #expect(try FleetTests.digest(source) == FleetTests.digest(target + "/source"))
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: NATSServers.all)
    func twoOwnersShareTheFabricAndDoNotMeet(_ server: String) async throws {
        try await Fleet.with(holders: 3, server: server) { fleet, first, _ in
            let second = fleet.node("second") { $0.holder.enabled = false }
            _ = try await fleet.initialise(second)
            let source = fleet.folder + "/source"
            try FleetTests.makeSource(source)
            // The same content, at the same time, under two keys.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for owner in [first, second] {
                    group.addTask {
                        guard
                            case .backup(let backup) = try await fleet.perform(
                                .backup(BackupRequest(paths: [source])), owner)
                        else { return }
                        #expect(backup.isProtected && backup.knownChunks == 0)
                    }
                }
                try await group.waitForAll()
            }
            for owner in [first, second] {
                guard case .audit(let audit) = try await fleet.perform(.audit(AuditRequest()), owner) else { return }
                #expect(audit.lost.isEmpty && audit.valid == audit.challenged)
            }
        }
    }
}
