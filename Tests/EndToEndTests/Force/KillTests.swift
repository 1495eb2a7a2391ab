import Glibc
import QuloudSystem
import QuloudTestKit
import Testing

extension ForceOnProcesses {
    /// kill -9, at random moments of a backup that goes on.
    @Suite struct KillTests {
        @Test(.timeLimit(.minutes(10))) func holdersAreKilledUnderLoad() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 3, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    for round in 0..<trial.rounds(2, long: 12) {
                        try ledger.change()
                        let backup = try await ledger.begin(fleet.owner)
                        try await trial.pause(upTo: .milliseconds(1200))
                        try await fleet.holders[round % fleet.holders.count].killAndStart()
                        try ledger.note(await backup.outcome())
                    }
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func theOwnersDaemonIsKilledUnderLoad() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    for _ in 0..<trial.rounds(2, long: 12) {
                        try ledger.change()
                        let backup = try await ledger.begin(fleet.owner)
                        try await trial.pause(upTo: .milliseconds(1500))
                        await fleet.owner.stop(SIGKILL)
                        let outcome = await backup.outcome()
                        try require(outcome.exit != .signal(SIGKILL), "the command died with its daemon: \(outcome)")
                        try ledger.note(outcome)
                        try await fleet.owner.start()
                    }
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        @Test(.timeLimit(.minutes(10))) func theOwnersCommandsAreKilled() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    try await ledger.backUp(fleet.owner)
                    await fleet.owner.stop()
                    for round in 0..<trial.rounds(4, long: 24) {
                        try ledger.change(bytes: 1 << 20)
                        let command: Running
                        switch round % 4 {
                        case 0: command = try await ledger.begin(fleet.owner)
                        case 1: command = try await fleet.owner.begin("heal", "--json")
                        case 2: command = try await fleet.owner.begin("audit", "--all", "--json")
                        default:
                            command = try await fleet.owner.begin(
                                "restore", "latest", "--to", "\(fleet.folder.path)/killed \(round)", "--json")
                        }
                        try await trial.pause(upTo: .milliseconds(1000))
                        command.process.signal(SIGKILL)
                        try ledger.note(await command.outcome())
                    }
                    try await ledger.backUp(fleet.owner)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }

        /// The server alone, which its node starts again, and the node with it.
        @Test(.timeLimit(.minutes(10))) func theBrokerIsKilledUnderLoad() async throws {
            try await Trial.run { trial in
                try await Fleet.with(holders: 2, quorum: 2) { fleet in
                    let ledger = try Ledger(trial, in: fleet.folder)
                    for round in 0..<trial.rounds(2, long: 10) {
                        try ledger.change()
                        let backup = try await ledger.begin(fleet.owner)
                        try await trial.pause(upTo: .milliseconds(1200))
                        if round % 2 == 0 {
                            kill(try fleet.hub.brokerID(), SIGKILL)
                        } else {
                            try await fleet.hub.killAndStart()
                        }
                        try ledger.note(await backup.outcome())
                    }
                    try await fleet.settle(ledger)
                    try await ledger.checkAll(fleet.owner)
                }
            }
        }
    }
}

extension Fleet {
    /// Returns once a backup is protected: brokers and nodes have found one another again.
    func settle(_ ledger: Ledger, within patience: Duration = .seconds(120)) async throws {
        let deadline = ContinuousClock.now + patience
        while true {
            let outcome = try await ledger.begin(owner).outcome()
            if try ledger.note(outcome) != nil { return }
            try require(ContinuousClock.now < deadline, "no backup is protected: \(outcome)\n\(hub.log)\n\(owner.log)")
        }
    }
}
