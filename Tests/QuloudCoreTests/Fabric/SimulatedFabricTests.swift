import QuloudCore
import QuloudTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct SimulatedFabricTests {
    private let fabric = SimulatedFabric()

    @Test(arguments: FabricConformance.allCases)
    func conforms(_ rule: FabricConformance) async throws { try await check(rule, hurries: true) }

    /// Without those rules that bet on answers within a second: a busy machine loses the bet.
    @Test(arguments: FabricConformance.allCases.filter { ![.askAllGathers, .silentNodesAreLeftOut].contains($0) })
    func conformsWithPatience(_ rule: FabricConformance) async throws { try await check(rule, hurries: false) }

    private func check(_ rule: FabricConformance, hurries: Bool) async throws {
        try await rule.check {
            var rules = SimulatedFabric.Rules()
            rules.hurries = hurries
            let fabric = SimulatedFabric(rules: rules)
            return FabricWorld(
                owner: fabric.owner(), holders: [fabric.holder(), fabric.holder()],
                wipe: { fabric.forgetEverything() }, close: { fabric.close() })
        }
    }

    @Test func whatIsNotSettledComesAgain() async throws {
        fabric.setRules { $0.redeliverAfter = .milliseconds(50) }
        try await fabric.owner().publish([Ticket(address: .lane(0), chunk: .numbered(1), request: [1])])
        let holder = fabric.holder()
        let attempts = try await [1, 2, 3].asyncMap { _ in
            try await holder.tickets(from: .lane(0), limit: 1, wait: .seconds(10)).first?.attempt
        }
        #expect(attempts == [1, 2, 3])
    }

    @Test func aFullBrokerRefuses() async throws {
        fabric.setRules {
            $0.dataBytesMax = 100
            $0.ticketsMax = 1
        }
        let owner = fabric.owner()
        try await owner.open(.numbered(1))
        try await owner.publish(testBytes(80), as: .numbered(1), in: .numbered(1))
        await #expect(throws: FabricError.self) {
            try await owner.publish(testBytes(80), as: .numbered(2), in: .numbered(1))
        }
        await owner.free([.numbered(1)], in: .numbered(1))
        try await owner.publish(testBytes(80), as: .numbered(2), in: .numbered(1))
        let ticket = Ticket(address: .lane(0), chunk: .numbered(1), request: [1])
        await #expect(throws: FabricError.self) { try await owner.publish([ticket, ticket]) }
    }

    @Test func aCutConnectionIsUnreachableAndOthersWork() async throws {
        let (cut, other) = (fabric.owner(), fabric.owner())
        cut.setCut(true)
        await #expect(throws: FabricError.self) { try await cut.open(.numbered(1)) }
        try await other.open(.numbered(1))
        cut.setCut(false)
        try await cut.open(.numbered(1))
        fabric.setReachable(false)
        await #expect(throws: FabricError.self) { try await other.open(.numbered(1)) }
    }

    @Test func goingAwayEndsAWait() async throws {
        let owner = fabric.owner()
        let waiting = Task { try await owner.receipts(in: .numbered(1), limit: 1, wait: .seconds(60)) }
        try await Task.sleep(for: .milliseconds(20))
        fabric.setReachable(false)
        await #expect(throws: FabricError.self) { try await waiting.value }
    }

    @Test func cancellingEndsAWait() async throws {
        let owner = fabric.owner()
        let waiting = Task { try await owner.receipts(in: .numbered(1), limit: 1, wait: .seconds(60)) }
        try await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        await #expect(throws: FabricError.self) { try await waiting.value }
    }

    @Test func faultsAreInjected() async throws {
        let owner = fabric.owner()
        let holder = fabric.holder()
        let seen = Shared<[Crossing]>([])
        fabric.tap { crossing in seen.withLock { $0.append(crossing) } }
        fabric.intercept { crossing in
            switch crossing.bytes {
            case [1]: .drop
            case [2]: .duplicate
            case [3]: .replace([33])
            case [4]: .delay(.milliseconds(100))
            default: .pass
            }
        }
        try await owner.publish(
            (1...5).map { Ticket(address: .lane(0), chunk: .numbered(1), request: [$0]) })
        let first = try await holder.tickets(from: .lane(0), limit: 9, wait: .seconds(1)).map(\.payload)
        #expect(first == [[2], [2], [33], [5]])
        #expect(try await holder.tickets(from: .lane(0), limit: 9, wait: .seconds(10)).map(\.payload) == [[4]])
        #expect(seen.value.map(\.bytes) == [[1], [2], [3], [4], [5]])
        #expect(seen.value.allSatisfy { $0.kind == .ticket && $0.address == .lane(0) })
    }

    @Test func aNodesAnswersCanBeTamperedWith() async throws {
        let owner = fabric.owner()
        let holder = fabric.holder()
        let serving = Task { try await holder.serve(as: .numbered(1)) { $0.request } }
        await fabric.waitUntilServing([.numbered(1)])
        fabric.intercept { $0.kind == .answer(.prove) && $0.node == .numbered(1) ? .replace([9]) : .pass }
        #expect(try await owner.ask(.numbered(1), .prove, timeout: .seconds(5)) { _ in [1] } == [9])
        #expect(try await owner.ask(.numbered(1), .renew, timeout: .seconds(5)) { _ in [1] } == [1])
        serving.cancel()
        try? await serving.value
        #expect(fabric.nodesServing.isEmpty)
    }

    @Test func waitsFollowTheGivenClock() async throws {
        let time = ManualTime()
        let fabric = SimulatedFabric(time: time)
        let owner = fabric.owner()
        let waiting = Task { try await owner.receipts(in: .numbered(1), limit: 1, wait: .seconds(3600)) }
        await time.waitForSleepers(1)
        time.advance(by: .seconds(3600))
        #expect(try await waiting.value.isEmpty)
    }
}

extension Array {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
