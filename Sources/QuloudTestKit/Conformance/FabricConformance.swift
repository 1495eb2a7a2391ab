package import QuloudCore
import QuloudCrypto

/// A fresh, empty fabric, seen by one owner and by some holders.
package struct FabricWorld: Sendable {
    package let owner: any OwnerFabric
    /// At least two.
    package let holders: [any HolderFabric]
    /// Makes the broker lose everything it keeps, for worlds that can.
    package let wipe: (@Sendable () async throws -> Void)?
    package let close: @Sendable () async -> Void

    package init(
        owner: any OwnerFabric, holders: [any HolderFabric], wipe: (@Sendable () async throws -> Void)? = nil,
        close: @escaping @Sendable () async -> Void = {}
    ) {
        self.owner = owner
        self.holders = holders
        self.wipe = wipe
        self.close = close
    }
}

/// The contracts of `OwnerFabric` and `HolderFabric`, rule by rule.
package enum FabricConformance: String, ConformanceRule {
    case publishedChunkCanBeFetched, missingChunkIsNil, largestChunkRoundTrips, sameBytesTwiceSucceed
    case otherBytesAreOccupied, foreignBytesGiveWayOrOccupy, freedChunkIsGone, freeingUnknownChunksIsFine
    case freedChunkCanBePublishedAgain, publishAfterEarlyFreeKeepsTheChunk, mailboxesAreApart, openingTwiceIsFine
    case manyPublishesAtOnce, closedMailboxForgets
    case ticketReachesItsLane, ticketReachesItsNode, lanesAreApart, eachTicketGoesToOneHolder, limitIsKept
    case emptyLaneWaitsThenGivesNone, ticketEndsTheWait, laterComesAgain, doneNeverReturns, workingHoldsBack
    case sameTicketAgainIsFine, waitingCounts, settlingForeignTokensHarmsNothing
    case receiptsWaitInTheMailbox, receiptsStayUntilSettled, receiptsGoToTheirMailbox
    case askIsAnswered, askSeesItsReturnAddress, askNobody, silenceTimesOut, largestAnswerArrives, manyAsksAtOnce
    case unacceptedAnswersArePassedOver, unacceptedAnswersAreNoAnswer, askAllPassesOverTheUnaccepted
    case askAllGathers, askAllKeepsTheLimit, askAllOfNobodyIsEmpty, silentNodesAreLeftOut, serveEndsWhenCancelled
    case worksAgainAfterTheBrokerForgot

    /// Checks this rule in a fresh world with two holders. Throws `ConformanceFailure`, or what the fabric throws.
    package func check(_ make: @Sendable () async throws -> FabricWorld) async throws {
        let world = try await make()
        let scene = Scene(world)
        do {
            try await run(scene)
        } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    private func run(_ scene: Scene) async throws {
        switch self {
        case .publishedChunkCanBeFetched, .missingChunkIsNil, .largestChunkRoundTrips, .sameBytesTwiceSucceed,
            .otherBytesAreOccupied, .foreignBytesGiveWayOrOccupy, .freedChunkIsGone, .freeingUnknownChunksIsFine,
            .freedChunkCanBePublishedAgain, .publishAfterEarlyFreeKeepsTheChunk, .mailboxesAreApart,
            .openingTwiceIsFine, .manyPublishesAtOnce, .closedMailboxForgets:
            try await checkChunks(scene)
        case .ticketReachesItsLane, .ticketReachesItsNode, .lanesAreApart, .eachTicketGoesToOneHolder, .limitIsKept,
            .emptyLaneWaitsThenGivesNone, .ticketEndsTheWait, .sameTicketAgainIsFine, .waitingCounts:
            try await checkTickets(scene)
        case .laterComesAgain, .doneNeverReturns, .workingHoldsBack, .settlingForeignTokensHarmsNothing:
            try await checkSettling(scene)
        case .receiptsWaitInTheMailbox, .receiptsStayUntilSettled, .receiptsGoToTheirMailbox:
            try await checkReceipts(scene)
        case .askIsAnswered, .askSeesItsReturnAddress, .askNobody, .silenceTimesOut, .largestAnswerArrives,
            .manyAsksAtOnce, .serveEndsWhenCancelled:
            try await checkAsking(scene)
        case .unacceptedAnswersArePassedOver, .unacceptedAnswersAreNoAnswer, .askAllPassesOverTheUnaccepted:
            try await checkAccepting(scene)
        case .askAllGathers, .askAllKeepsTheLimit, .askAllOfNobodyIsEmpty, .silentNodesAreLeftOut:
            try await checkAskingAll(scene)
        case .worksAgainAfterTheBrokerForgot: try await checkForgetting(scene)
        }
    }

    /// What a rule plays with.
    struct Scene: Sendable {
        let world: FabricWorld
        let entropy = SeededEntropy(seed: 42)
        var owner: any OwnerFabric { world.owner }
        var first: any HolderFabric { world.holders[0] }
        var second: any HolderFabric { world.holders[1] }

        init(_ world: FabricWorld) { self.world = world }

        func mailbox() async throws -> MailboxID {
            let mailbox = MailboxID.drawn(from: entropy)
            try await owner.open(mailbox)
            return mailbox
        }

        func node() -> NodeID { .drawn(from: entropy) }

        /// Bytes and the name that belongs to them.
        func chunk(size: Int = 1000) -> (bytes: [UInt8], id: ChunkID) {
            let bytes = entropy.bytes(size)
            return (bytes, ChunkID(SHA256.hash(bytes)))
        }

        func tickets(_ count: Int, to address: TicketAddress) -> [Ticket] {
            (0..<count).map { _ in Ticket(address: address, chunk: chunk().id, request: entropy.bytes(300)) }
        }

        /// Takes until `count` have come or nothing more comes.
        func take(
            _ count: Int, from address: TicketAddress, by holder: (any HolderFabric)? = nil
        ) async throws -> [Delivery] {
            var taken: [Delivery] = []
            while taken.count < count {
                let more = try await (holder ?? first).tickets(
                    from: address, limit: count - taken.count, wait: .seconds(5))
                if more.isEmpty { break }
                taken += more
            }
            return taken
        }
    }

    /// The kind of the error that `body` throws; nil when it throws none.
    func kind(_ body: () async throws -> Void) async throws -> FabricError.Kind? {
        do {
            try await body()
            return nil
        } catch let error as FabricError {
            return error.kind
        }
    }

    /// Repeats until the condition holds; a failure after some seconds.
    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        try require(false, what)
    }

    /// Repeats what the broker refuses while it comes back.
    func patiently<Value>(_ operation: () async throws -> Value) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            do {
                return try await operation()
            } catch let error as FabricError {
                guard ContinuousClock.now < deadline else { throw error }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
