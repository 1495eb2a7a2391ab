import Foundation
import Glibc
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnProcesses {
    /// The broker may forget, stall and be replaced, in the middle of a backup: that costs time.
    @Suite struct BrokerTests {
        @Test(.timeLimit(.minutes(10)), .enabled(if: Trial.isLong, "the short form kills it instead"))
        func theBrokerIsRestarted() async throws {
            try await duringBackups { fleet in
                await fleet.hub.stop()
                try await fleet.hub.start()
            }
        }

        @Test(.timeLimit(.minutes(10))) func theBrokersStoreIsDeleted() async throws {
            try await duringBackups { fleet in
                await fleet.hub.stop(SIGKILL)
                try FileManager.default.removeItem(atPath: fleet.hub.data + "/broker/store")
                try await fleet.hub.start()
            }
        }

        /// A backup waits for it, and then goes on.
        @Test(.timeLimit(.minutes(10))) func theBrokerStandsStill() async throws {
            let pause = ProcessInfo.processInfo.environment["QULOUD_FORCE_PAUSE"].flatMap { Int($0) }
            try await duringBackups { fleet in
                let server = try fleet.hub.brokerID()
                kill(server, SIGSTOP)
                defer { kill(server, SIGCONT) }
                try await Task.sleep(for: .seconds(pause ?? (Trial.isLong ? 20 : 2)))
            }
        }

        /// From each version to the next, over the same store.
        @Test(.timeLimit(.minutes(10)), .enabled(if: NATSServers.all.count > 1, "only one nats-server is here"))
        func theBrokerIsReplacedByAnotherVersion() async throws {
            try await Trial.run { trial in
                let versions = NATSServers.all.map { ["QULOUD_BROKER_SERVER": $0] }
                try await Fleet.with(holders: 2, quorum: 2, hub: versions[0]) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    var hub = fleet.hub
                    for version in versions.dropFirst() + [versions[0]] {
                        try ledger.change()
                        let backup = try await ledger.begin(fleet.owner)
                        try await trial.pause(upTo: .seconds(1))
                        await hub.stop()
                        hub = hub.with(version)
                        try await hub.start()
                        try ledger.note(await backup.outcome())
                        try await fleet.settle(ledger)
                    }
                    try await ledger.checkAll(fleet.owner)
                    await hub.stop()
                }
            }
        }

        private func duringBackups(_ fault: (Fleet) async throws -> Void) async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    for _ in 0..<trial.rounds(1, long: 3) {
                        try ledger.change()
                        let backup = try await ledger.begin(fleet.owner)
                        try await trial.pause(upTo: .seconds(1))
                        try await fault(fleet)
                        try ledger.note(await backup.outcome())
                    }
                    try await fleet.settle(ledger)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }
    }
}
