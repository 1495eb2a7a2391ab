import Glibc
import QuloudCore
import QuloudDaemon
import QuloudNATS
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnProcesses {
    /// Somebody with the right to be on the broker and no good intentions: that costs others nothing but time.
    @Suite struct HostileClientTests {
        @Test(.timeLimit(.minutes(10))) func aClientAnswersForOthers() async throws {
            try await beside { client, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for question in ["quloud.v1.node.*.*", "quloud.v1.announce", "quloud.v1.locate", "quloud.v1.head"] {
                        group.addTask { try await client.answerAll(on: question) }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func aClientFloods() async throws {
            try await beside { client, nodes in try await client.flood(nodes) }
        }

        /// Hears everything and reads nothing, and takes the queues' messages without ever settling one.
        @Test(.timeLimit(.minutes(10))) func aClientStalls() async throws {
            try await beside { client, _ in try await client.stall() }
        }

        /// All that an owner does ends with the right result while the client does what it does.
        private func beside(
            _ hostility: @escaping @Sendable (HostileClient, [NodeID]) async throws -> Void
        ) async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 3, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder, megabytes: 1)
                    try await ledger.backUp(fleet.owner)
                    let client = try await HostileClient(fleet, trial)
                    let nodes = try await fleet.status().holders.compactMap { NodeID(hex: $0.node) }
                    try require(!nodes.isEmpty, "no holder is known")
                    let hostile = Task { try await hostility(client, nodes) }
                    try await eventually("the client does harm") { client.deeds > 3 }
                    // More where the client came late to most of what was asked.
                    for round in 1...10 where round <= trial.rounds(1, long: 3) || client.deeds <= 10 {
                        try ledger.change()
                        try await ledger.backUp(fleet.owner)
                        try await ledger.checkAll(fleet.owner)
                    }
                    try require(client.deeds > 10, "the client did no harm")
                    hostile.cancel()
                    await client.close()
                    for node in fleet.holders + [fleet.owner, fleet.hub] {
                        try require(node.isAlive, "a node ended: \(node.log)")
                    }
                }
            }
        }
    }
}
