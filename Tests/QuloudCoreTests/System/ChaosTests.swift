import QuloudCore
import QuloudTestKit
import Testing

extension SystemTests {
    /// The broker and the network do what they like; what is promised holds all the same.
    @Suite struct ChaosTests {
        private func check(_ owner: TestOwner, _ result: BackupResult, replicas: Int = 3) async throws {
            #expect(result.isProtected && result.placement.failed == 0 && result.placement.partial == 0)
            #expect(try await owner.replicaMap().values.allSatisfy { $0.count == replicas })
            let audit = try await owner.audit()
            #expect(audit.lost.isEmpty && audit.valid == audit.challenged)
            let expected = owner.original.filter { $0.value.kind != .special("a FIFO") }
            #expect(try await owner.restore(result.snapshot) == expected)
        }

        @Test(arguments: [1, 5, 12, 30])
        func theBrokerForgetsEverythingInTheMiddle(after count: Int) async throws {
            try await World.with(holders: 4) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let left = Shared(count)
                let fabric = world.fabric
                fabric.intercept { crossing in
                    guard crossing.kind == .receipts || crossing.kind == .ticket else { return .pass }
                    let isNow = left.withLock {
                        $0 -= 1
                        return $0 == 0
                    }
                    if isNow { fabric.forgetEverything() }
                    return .pass
                }
                let result = try await owner.backup()
                #expect(left.value <= 0)
                try await check(owner, result)
            }
        }

        @Test func theBrokerIsAwayForAWhile() async throws {
            try await World.with(holders: 4) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let fabric = world.fabric
                let outage = Shared<Task<Void, any Error>?>(nil)
                fabric.intercept { crossing in
                    guard crossing.kind == .receipts else { return .pass }
                    outage.withLock { task in
                        guard task == nil else { return }
                        fabric.setReachable(false)
                        task = Task { [time = world.time] in
                            try await time.sleep(for: .seconds(10))
                            fabric.setReachable(true)
                        }
                    }
                    return .pass
                }
                let result = try await owner.backup()
                try await outage.value?.value
                try await check(owner, result)
            }
        }

        @Test(arguments: UInt64(1)...4)
        func messagesAreLostDoubledAndLate(seed: UInt64) async throws {
            try await World.with(holders: 5) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome(seed: seed)
                let entropy = SeededEntropy(seed: seed)
                world.fabric.intercept { crossing in
                    // Questions of the run's beginning and end are asked once: losing them all is another test.
                    if case .question = crossing.kind { return .pass }
                    if case .answer = crossing.kind { return .pass }
                    switch entropy.int(in: 0..<10) {
                    case 0: return .drop
                    case 1: return .duplicate
                    case 2: return .delay(.milliseconds(Int64(entropy.int(in: 1..<3000))))
                    default: return .pass
                    }
                }
                let result = try await owner.backup()
                world.fabric.intercept { _ in .pass }
                try await check(owner, result)
            }
        }

        @Test func theBrokerDamagesWhatItKeeps() async throws {
            try await World.with(holders: 4) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let damaged = Shared<Set<ChunkID>>([])
                world.fabric.intercept { crossing in
                    guard crossing.kind == .data, let chunk = crossing.chunk,
                        damaged.withLock({ $0.insert(chunk).inserted })
                    else { return .pass }
                    return .replace(crossing.bytes.dropLast() + [0])
                }
                let result = try await owner.backup()
                try await check(owner, result)
            }
        }

        @Test func damagedRequestsAndReceiptsAreSentAgain() async throws {
            try await World.with(holders: 4) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                let entropy = SeededEntropy(seed: 3)
                world.fabric.intercept { crossing in
                    guard crossing.kind == .ticket || crossing.kind == .receipts, entropy.int(in: 0..<4) == 0 else {
                        return .pass
                    }
                    var bytes = crossing.bytes
                    bytes[entropy.int(in: 0..<bytes.count)] ^= 1
                    return .replace(bytes)
                }
                let result = try await owner.backup()
                world.fabric.intercept { _ in .pass }
                try await check(owner, result)
            }
        }

        @Test func surplusHoldersDropTheirCopies() async throws {
            try await World.with(holders: 6) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                world.fabric.intercept { $0.kind == .ticket ? .duplicate : .pass }
                let result = try await owner.backup()
                world.fabric.intercept { _ in .pass }
                try await check(owner, result)
                #expect(result.placement.replicas == 3 * (result.placement.complete))
            }
        }

        @Test func cancellingEndsABackupAndTheNextOneWorks() async throws {
            try await World.with(holders: 3) { world, _ in
                let owner = try world.owner()
                owner.tree.fillHome()
                for pause in [0, 5, 20, 60, 150] {
                    let task = Task { try await owner.backup() }
                    try await Task.sleep(for: .milliseconds(pause))
                    task.cancel()
                    _ = await task.result
                }
                let result = try await owner.backup()
                // A run that was ended may have left chunks with some of their replicas: healing is what completes them.
                if !result.isProtected { #expect(try await owner.heal().stillBelow == 0) }
                #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 })
                #expect(try await owner.audit().lost.isEmpty)
                #expect(try await owner.restore(result.snapshot)["home/text"]?.content == testText(900_000))
            }
        }

        @Test func aHolderThatStopsInTheMiddleIsReplaced() async throws {
            try await World.with(holders: 4) { world, holders in
                let owner = try world.owner()
                owner.tree.fillHome()
                let count = Shared(0)
                world.fabric.intercept { [connection = holders[0].connection] crossing in
                    if crossing.kind == .receipts,
                        count.withLock({
                            $0 += 1; return $0
                        }) == 6
                    {
                        connection.setCut(true)
                    }
                    return .pass
                }
                // What it had taken and not settled comes to the others in time.
                world.fabric.setRules { $0.redeliverAfter = .seconds(5) }
                let result = try await owner.backup()
                #expect(result.isProtected)
                #expect(try await owner.replicaMap().values.allSatisfy { $0.count == 3 })
            }
        }
    }
}
