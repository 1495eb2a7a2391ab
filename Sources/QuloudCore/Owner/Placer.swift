import QuloudCrypto

package struct PlacementSummary: Sendable, Equatable {
    /// Chunks that got all the replicas they were to get.
    package var complete = 0
    /// Chunks with some, but fewer.
    package var partial = 0
    /// Chunks without any.
    package var failed = 0
    package var replicas = 0
    /// The fewest nodes that any chunk of the run ended up on.
    package var fewest: Int?
    package init() {}
}

/// Places sealed chunks on distinct holders: journals them, publishes bytes and tickets, and counts valid receipts until
/// each has its quorum. `ChunkPlacement` decides; this carries out. The broker may forget anything at any time.
package actor Placer {
    package struct Order: Sendable {
        package let sealed: [UInt8]
        package let chunk: CatalogChunk
        /// Journalled before the chunk is published; empty when it is in the catalog already.
        package let source: [SourcePart]?
        /// Replicas to add.
        package let wanted: Int
        package let excluded: Set<NodeID>

        package init(
            sealed: [UInt8], chunk: CatalogChunk, source: [SourcePart]?, wanted: Int, excluded: Set<NodeID>
        ) {
            self.sealed = sealed
            self.chunk = chunk
            self.source = source
            self.wanted = wanted
            self.excluded = excluded
        }
    }

    struct Flight {
        let order: Order
        let claim: ClaimKeys
        let retrievalKey: Point
        var placement: ChunkPlacement
        var isPublished = false
    }

    /// From so many chunks under way on, what is to be recorded gathers.
    private static let many = 16
    /// Orders or deliveries taken at once.
    private static let batch = 64

    let context: OwnerContext
    let mailbox: OwnerMailbox
    private let confirmed: @Sendable (_ replicas: Int) -> Void
    private let gate: ByteGate
    private let memoryMax: Int
    private let search: CandidateSearch
    private let journal = WorkQueue<Order>()
    private let publishing = WorkQueue<Order>()
    private var placing: Set<ChunkID> = []
    var flights: [ChunkID: Flight] = [:]
    private var queued = 0
    private var closed = false
    private var lastReceipt: Duration = .zero
    private var lastTick: Duration = .zero
    private struct Incomplete {
        var missing: Int
        let size: Int
        /// Nodes that do not count: excluded, or counted already.
        var closedTo: Set<NodeID>
    }
    private var incomplete: [ChunkID: Incomplete] = [:]
    private var surplus: [NodeID: [ChunkID]] = [:]
    private(set) var summary = PlacementSummary()

    /// - Parameter confirmed: told of each batch of replicas whose receipts are on record.
    package init(
        _ context: OwnerContext, mailbox: OwnerMailbox, memoryMax: Int,
        confirmed: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.context = context
        self.mailbox = mailbox
        self.confirmed = confirmed
        self.memoryMax = memoryMax
        search = CandidateSearch(context)
        gate = ByteGate(capacity: memoryMax)
    }

    /// Takes an order when there is room for its bytes. What became of it is in the catalog, and summed up at the end.
    /// False: the chunk is being placed already, and is not placed twice.
    @discardableResult
    package func place(_ order: Order) async throws -> Bool {
        guard placing.insert(order.chunk.id).inserted else { return false }
        try await gate.enter(charge(order))
        queued += 1
        journal.put(order)
        return true
    }

    /// Small chunks pay for more than their bytes: each flight has a key, a place in the quorum's count and tickets under way.
    private func charge(_ order: Order) -> Int { max(order.sealed.count, memoryMax / 4096) }

    /// True from the moment an order was taken until it is settled.
    package func isPlacing(_ chunk: ChunkID) -> Bool { placing.contains(chunk) }

    /// Holders that announced themselves, whether they have room or not.
    package var holders: Int { get async { await search.holders } }

    /// No more orders: `run` returns when the last is settled.
    package func close() {
        closed = true
        journal.close()
    }

    /// Works until closed and done. Throws when the catalog or the broker fails for good, or nobody takes chunks.
    package func run() async throws -> PlacementSummary {
        do {
            return try await placeAll()
        } catch {
            await abandon()
            throw error
        }
    }

    /// Clears the broker of a run that failed or was cancelled, so that holders do not take what nobody waits for. A broker
    /// that does not answer must not hold up the end.
    private func abandon() async {
        let (fabric, time, box) = (context.fabric, context.time, mailbox.id)
        await Task {
            let isOver = Promise<Void>()
            let closing = Task {
                await fabric.close(box)
                isOver.fulfil(.success(()))
            }
            let limit = Task {
                try? await time.sleep(for: .seconds(3))
                isOver.fulfil(.success(()))
            }
            try? await isOver.value()
            closing.cancel()
            limit.cancel()
        }.value
    }

    private func placeAll() async throws -> PlacementSummary {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.search.run() }
            group.addTask { try await self.keepJournal() }
            for _ in 0..<6 { group.addTask { try await self.publishAll() } }
            group.addTask { try await self.collect() }
            // Not `waitForAll`: that waits for the others, too, when one has failed and nobody stops them.
            for try await _ in group {}
        }
        await dropSurplus()
        await context.fabric.close(mailbox.id)
        return summary
    }

    /// One journal transaction for whatever has gathered.
    private func keepJournal() async throws {
        try await search.waitForQuorum()
        lastReceipt = context.time.uptime
        while true {
            let orders = await journal.take(Self.batch)
            guard !orders.isEmpty else { break }
            // Whoever answered first may be just those that are not to take it.
            let excludes = orders.contains { !$0.excluded.isEmpty }
            let candidates = excludes ? try await search.all() : await search.found
            let fresh = orders.compactMap { order in
                order.source.map { PreparedChunk(chunk: order.chunk, source: $0) }
            }
            if !fresh.isEmpty { try await context.catalog.prepare(fresh) }
            for order in orders {
                try takeOff(order, candidates)
                publishing.put(order)
            }
            try await gather(after: orders.count)
        }
        try Task.checkCancellation()
        publishing.close()
    }

    /// While there is enough to do, a transaction for each chunk would cost more than the wait.
    private func gather(after count: Int) async throws {
        guard flights.count >= Self.many, count < Self.batch else { return }
        try await context.time.sleep(for: context.settings.placement.gather)
    }

    private func takeOff(_ order: Order, _ candidates: [Candidates.Holder]) throws {
        let available = candidates.count { !order.excluded.contains($0.node) }
        let placement = ChunkPlacement(
            target: min(order.wanted, available), excluded: order.excluded, policy: context.settings.placement,
            now: context.time.uptime)
        flights[order.chunk.id] = Flight(
            order: order, claim: try context.keys.ownershipKeys(of: order.chunk.id),
            retrievalKey: try context.keys.retrievalKeys(of: order.chunk.id).publicPoint, placement: placement)
    }

    /// Holders that may take the order, best first.
    private func usable(_ candidates: [Candidates.Holder], for order: Order, outstanding: [NodeID: Int]) -> [NodeID] {
        let open = candidates.filter { !order.excluded.contains($0.node) }
        return CandidateOrder.order(
            open, outstanding: outstanding, count: order.wanted, draws: open.map { _ in context.entropy.unit() })
    }

    /// How many tickets each node has yet to answer.
    private func outstanding() -> [NodeID: Int] {
        var counts: [NodeID: Int] = [:]
        for flight in flights.values {
            for node in flight.placement.asked { counts[node, default: 0] += 1 }
        }
        return counts
    }

    private func publishAll() async throws {
        while let order = await publishing.take().first {
            let id = order.chunk.id
            guard flights[id]?.placement.isComplete == false else {
                await settle([id])
                continue
            }
            try await publishBytes(order)
            let candidates = await search.found
            guard var flight = flights[id] else { continue }
            let step = flight.placement.begin(
                candidates: usable(candidates, for: order, outstanding: outstanding()))
            flight.isPublished = true
            flights[id] = flight
            try await perform(step, on: id)
        }
    }

    private func publishBytes(_ order: Order) async throws {
        let fabric = context.fabric
        let box = mailbox.id
        try await reach { () throws(FabricError) in
            try await fabric.publish(order.sealed, as: order.chunk.id, in: box)
        }
    }

    /// Repeats what the broker refuses while it is away.
    private func reach(_ operation: @Sendable () async throws(FabricError) -> Void) async throws {
        let (_, away) = try await context.persisting(for: context.settings.placement.brokerPatience, operation)
        noteAway(for: away)
    }

    /// While the broker was away, or the machine slept, no receipt could come: that says nothing about the holders.
    private func noteAway(for duration: Duration) {
        if duration > .seconds(2) { lastReceipt = context.time.uptime }
    }

    /// Receives and counts until all is settled.
    private func collect() async throws {
        let fabric = context.fabric
        let box = mailbox.id
        while !(closed && queued == 0) {
            try Task.checkCancellation()
            let asked = context.time.uptime
            let deliveries = try await context.persist(for: context.settings.placement.brokerPatience) {
                () throws(FabricError) in
                try await fabric.receipts(in: box, limit: Self.batch, wait: .milliseconds(250))
            }
            noteAway(for: context.time.uptime - asked)
            if !deliveries.isEmpty { try await take(deliveries) }
            try await tick()
            try await gather(after: deliveries.count)
        }
    }

    private func take(_ deliveries: [Delivery]) async throws {
        var accepted: [AcceptedReplica] = []
        var done: [ChunkID] = []
        for delivery in deliveries {
            guard let opened = try? ReceiptEnvelope.open(delivery.payload, with: mailbox.keys) else { continue }
            for signed in opened.genuine { accept(signed, into: &accepted, done: &done) }
        }
        if !accepted.isEmpty {
            try await context.catalog.record(accepted)
            summary.replicas += accepted.count
            confirmed(accepted.count)
        }
        await settle(done)
        // A delivery that could not be confirmed comes again, and its receipts are known then.
        try? await context.fabric.settle(deliveries, .done)
    }

    private func accept(_ signed: SignedReceipt, into accepted: inout [AcceptedReplica], done: inout [ChunkID]) {
        let receipt = signed.receipt
        guard receipt.node != context.ownNode else { return }
        guard var flight = flights[receipt.chunk], receipt.size == flight.order.sealed.count else {
            return acceptLate(signed, into: &accepted)
        }
        let now = context.time.uptime
        let step = flight.placement.accept(receipt.node, slot: receipt.slot, now: now)
        // Only what brings the run forward: a node that vouches again and again must not keep it from giving up.
        if step == .counted || step == .completed { lastReceipt = now }
        switch step {
        case .counted: accepted.append(AcceptedReplica(signed, context: context))
        case .completed:
            accepted.append(AcceptedReplica(signed, context: context))
            done.append(receipt.chunk)
        case .surplus: surplus[receipt.node, default: []].append(receipt.chunk)
        case .known: break
        }
        flights[receipt.chunk] = flight
    }

    /// A receipt for a chunk that was left incomplete still helps; one for a complete chunk is surplus.
    private func acceptLate(_ signed: SignedReceipt, into accepted: inout [AcceptedReplica]) {
        let receipt = signed.receipt
        guard let left = incomplete[receipt.chunk], left.missing > 0, receipt.size == left.size,
            !left.closedTo.contains(receipt.node)
        else { return }
        incomplete[receipt.chunk]?.missing -= 1
        incomplete[receipt.chunk]?.closedTo.insert(receipt.node)
        accepted.append(AcceptedReplica(signed, context: context))
    }

    private func tick() async throws {
        let now = context.time.uptime
        guard now - lastTick >= .milliseconds(500) else { return }
        lastTick = now
        let candidates = await search.found
        var outstanding = outstanding()
        var steps: [(ChunkID, ChunkPlacement.Step)] = []
        for (id, flight) in flights where flight.isPublished {
            var flight = flight
            let step = flight.placement.tick(
                now: now, candidates: usable(candidates, for: flight.order, outstanding: outstanding),
                quietSince: lastReceipt)
            flights[id] = flight
            if case .direct(let nodes) = step { for node in nodes { outstanding[node, default: 0] += 1 } }
            if step != .wait { steps.append((id, step)) }
        }
        guard !steps.isEmpty else { return }
        try await search.renew()
        for (id, step) in steps { try await retry(step, on: id) }
    }

    /// Before anything is asked for again, the broker gets back what it forgot.
    private func retry(_ step: ChunkPlacement.Step, on id: ChunkID) async throws {
        guard let flight = flights[id] else { return }
        guard step != .giveUp else { return await settle([id]) }
        let has = (try? await context.fabric.has(id, in: mailbox.id)) ?? false
        // Called again and again, and nobody could use it: perhaps what the broker has is not what was published.
        let isDoubtful = flight.placement.holders.isEmpty && flight.placement.epoch > 2
        if !has || isDoubtful { try await publishBytes(flight.order) }
        try await perform(step, on: id)
    }

    private func perform(_ step: ChunkPlacement.Step, on id: ChunkID) async throws {
        guard let flight = flights[id] else { return }
        switch step {
        case .wait: return
        case .giveUp: return await settle([id])
        case .openCall(let slots): try await publishTickets(flight, slots.map { (.lane($0), $0) })
        case .direct(let nodes):
            try await publishTickets(flight, nodes.enumerated().map { (.node($1), $0 % Limits.lanes) })
        }
    }

    private func publishTickets(_ flight: Flight, _ places: [(TicketAddress, Int)]) async throws {
        let tickets = try places.map { address, slot in
            Ticket(
                address: address, chunk: flight.order.chunk.id,
                request: try request(flight, slot: slot).signed(with: flight.claim, entropy: context.entropy))
        }
        let fabric = context.fabric
        try await reach { () throws(FabricError) in try await fabric.publish(tickets) }
    }

    private func request(_ flight: Flight, slot: Int) -> StoreRequest {
        let now = context.time.now
        let order = flight.order
        return StoreRequest(
            chunk: order.chunk.id, size: order.sealed.count, quorum: order.chunk.quorum, slot: slot,
            epoch: flight.placement.epoch, lease: context.settings.lease,
            retrievalKey: flight.retrievalKey, ownershipKey: flight.claim.publicPoint, mailbox: mailbox.id,
            excluded: Array(order.excluded.sorted().prefix(Limits.excludedMax)), issued: now,
            expires: now.advanced(by: .seconds(900)))
    }

    /// Takes chunks out of the air, complete or not.
    private func settle(_ ids: [ChunkID]) async {
        var freed: [ChunkID] = []
        for id in ids {
            guard let flight = flights.removeValue(forKey: id) else { continue }
            let placed = flight.placement.holders.count
            if placed >= flight.order.wanted {
                summary.complete += 1
            } else {
                incomplete[id] = Incomplete(
                    missing: flight.order.wanted - placed, size: flight.order.sealed.count,
                    closedTo: flight.order.excluded.union(flight.placement.holders))
            }
            let total = flight.order.chunk.quorum - flight.order.wanted + placed
            if placed < flight.order.wanted { if total == 0 { summary.failed += 1 } else { summary.partial += 1 } }
            summary.fewest = min(summary.fewest ?? total, total)
            freed.append(id)
            queued -= 1
            placing.remove(id)
            gate.leave(charge(flight.order))
        }
        if !freed.isEmpty { await context.fabric.free(freed, in: mailbox.id) }
    }

    /// Tells nodes that stored more than was wanted that they may drop it.
    private func dropSurplus() async {
        let winners = (try? await context.catalog.replicas(of: surplus.values.flatMap { $0 })) ?? [:]
        for (node, chunks) in surplus {
            for chunk in chunks.prefix(256) {
                let holders = winners[chunk, default: []].filter { $0.state.counts }.map(\.node)
                guard !holders.isEmpty, !holders.contains(node) else { continue }
                await NodeRequests(context).commit(chunk, winners: holders, at: node)
            }
        }
    }
}
