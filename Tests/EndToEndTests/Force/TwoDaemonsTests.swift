import QuloudDaemon
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnProcesses {
    /// A data directory belongs to one process.
    @Suite struct TwoDaemonsTests {
        /// The second is refused while the first works, which it does not notice; commands beside it are done by it.
        @Test(.timeLimit(.minutes(5))) func theSecondIsRefusedAndCommandsUseTheFirst() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    let backup = try await ledger.begin(fleet.owner)
                    for node in [fleet.owner, fleet.holders[0], fleet.hub] {
                        let second = try await node.run("node")
                        try require(second.exit == .code(11), "\(second)")
                        try require(second.text.contains(node.data), "it does not say where: \(second)")
                        try require(second.text.contains("stop the other quloud"), "nor what to do: \(second)")
                        try require(node.isAlive, "the first has ended: \(node.log)")
                    }
                    try require(try ledger.note(await backup.outcome()) != nil, "the backup was not protected")
                    // Two at once, and both are done: one after the other, by the daemon.
                    try ledger.change()
                    let both = [try await ledger.begin(fleet.owner), try await ledger.begin(fleet.owner)]
                    for command in both {
                        let outcome = await command.outcome()
                        try require(outcome.exit == .code(0), "\(outcome)")
                        try ledger.note(outcome)
                    }
                    try require(
                        try await fleet.owner.run("status", "--json").object(StatusReport.self).isRunning,
                        "a command does not see the daemon")
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }
    }
}
