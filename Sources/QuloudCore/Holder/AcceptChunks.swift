import QuloudCrypto

/// Takes store requests from the lanes and from the node's own queue: verify, decide, fetch, wrap, make durable, send the
/// receipt, and only then settle the ticket.
package struct AcceptChunks: Sendable {
    let context: HolderContext
    private let room = PromisedRoom()
    /// For tickets that a disk, the index or the broker failed.
    static let afterFailure = Settlement.later(.seconds(5))

    package init(_ context: HolderContext) { self.context = context }

    /// Runs until cancelled. The broker being away is waited out.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await workLanes() }
            group.addTask { await workOwnQueue() }
        }
    }

    private func workOwnQueue() async {
        while !Task.isCancelled {
            if await drain(.node(context.keys.id), wait: .seconds(5)) < 0 {
                try? await context.time.sleep(for: .seconds(1))
            }
        }
    }

    /// Open calls are rare: they are what the nodes that were asked did not take. One lane at a time, the one with the most
    /// waiting; a lane with nothing for this node is left to others for a while.
    private func workLanes() async {
        while !Task.isCancelled {
            let waiting = (try? await context.fabric.waiting(for: context.keys.id)) ?? [:]
            if let lane = LaneChoice.choose(waiting: waiting, node: context.keys.id),
                await drain(.lane(lane), wait: .milliseconds(300)) > 0
            {
                continue
            }
            try? await context.time.sleep(for: .seconds(2) * (0.5 + context.entropy.unit()))
        }
    }

    /// Works on tickets of one address until none come or none are for this node. While one batch is made durable, the
    /// next is fetched. Returns how many chunks were stored or vouched for, −1 when the broker is away.
    private func drain(_ address: TicketAddress, wait: Duration) async -> Int {
        await withTaskGroup(of: Void.self) { group in
            var total = 0
            while !Task.isCancelled {
                let deliveries: [Delivery]
                do {
                    deliveries = try await context.fabric.tickets(
                        from: address, limit: context.settings.batch, wait: wait)
                } catch { return total > 0 ? total : -1 }
                guard !deliveries.isEmpty else { break }
                let batch = await prepare(deliveries, at: address)
                await group.next()
                // Not cancelled with the rest: what is held is finished or handed back before the node stops.
                group.addTask { await Task { await finish(batch) }.value }
                total += batch.useful
                if batch.useful == 0 { break }
                // Several, but not as many as there may be: in a moment there are more.
                if batch.useful > 1, deliveries.count < context.settings.batch {
                    try? await context.time.sleep(for: context.settings.gather)
                }
            }
            await group.waitForAll()
            return total
        }
    }

    // MARK: Deciding

    struct Batch: Sendable {
        /// The stored form of what is in `holdings`.
        let blobs: any BlobBatch
        var holdings: [Holding] = []
        /// Receipts by mailbox, each with the delivery it settles.
        var receipts: [(mailbox: MailboxID, receipt: SignedReceipt, delivery: Delivery)] = []
        var done: [Delivery] = []
        var later: [(Delivery, Settlement)] = []
        /// Bytes promised to this batch until it is in the index.
        var promised: Int64 = 0
        /// Chunks stored or vouched for.
        var useful: Int { receipts.count }
    }

    struct Candidate {
        let delivery: Delivery
        let request: StoreRequest
        let key: HoldingKey
    }

    private func prepare(_ deliveries: [Delivery], at address: TicketAddress) async -> Batch {
        var batch = Batch(blobs: context.blobs.batch())
        var candidates: [Candidate] = []
        var mailboxes: Set<MailboxID> = []
        for delivery in deliveries {
            do {
                let request = try StoreRequest.verified(delivery.payload)
                // A key that nothing can be sealed to is no mailbox. Found out once: it costs as much as the signature.
                if !mailboxes.contains(request.mailbox) {
                    do { _ = try ReceiptEnvelope.seal([], to: request.mailbox) } catch { throw MessageError.malformed }
                    mailboxes.insert(request.mailbox)
                }
                let key = context.keys.holdingKey(chunk: request.chunk, ownershipKey: request.ownershipKey)
                candidates.append(Candidate(delivery: delivery, request: request, key: key))
            } catch {
                context.counters.drop(MessageError(error))
                batch.done.append(delivery)
            }
        }
        let dropped = batch.done
        do {
            try await decide(candidates, at: address, into: &batch)
        } catch {
            // The index or the disk does not answer: the tickets come again, here or elsewhere.
            context.note(Note(.warning, "cannot take chunks: \(error)"))
            let left = candidates.map { ($0.delivery, Self.afterFailure) }
            return Batch(blobs: batch.blobs, done: dropped, later: left)
        }
        return batch
    }

    private func decide(_ candidates: [Candidate], at address: TicketAddress, into batch: inout Batch) async throws {
        try await room.turn.enter(1)
        let toFetch: [Candidate]
        do {
            toFetch = try await choose(candidates, at: address, into: &batch)
            room.turn.leave(1)
        } catch {
            room.turn.leave(1)
            throw error
        }
        await fetch(toFetch, into: &batch)
    }

    /// One batch at a time: what it promises is known to the next.
    private func choose(
        _ candidates: [Candidate], at address: TicketAddress, into batch: inout Batch
    ) async throws -> [Candidate] {
        let holdings = try await context.index.holdings(of: candidates.map(\.request.chunk))
        // The promises first: what becomes a holding in between is counted twice rather than not at all.
        let promised = room.bytes
        let start = try await context.freeBytes() - promised
        var free = start
        var toFetch: [Candidate] = []
        var seen: Set<HoldingKey> = []
        for candidate in candidates {
            let all = holdings[candidate.request.chunk, default: []]
            let held = all.first { $0.key == candidate.key }
            let others = all.count { $0.key != candidate.key }
            let facts = try await facts(candidate, at: address, held: held, others: others, free: free)
            switch TicketRule.decide(candidate.request, facts) {
            case .store where seen.insert(candidate.key).inserted:
                free -= PromisedRoom.bytes(for: candidate.request.size)
                toFetch.append(candidate)
            case .store: leave(candidate, .held, facts, in: &batch)
            case .drop(let reason):
                context.counters.drop(reason)
                batch.done.append(candidate.delivery)
            case .leave(let reason): leave(candidate, reason, facts, in: &batch)
            case .resend(let fillsSlot):
                // Once per owner's run is enough: later bounces of the same ticket do not repeat it.
                guard fillsSlot || candidate.delivery.attempt == 1 else {
                    leave(candidate, .held, facts, in: &batch)
                    continue
                }
                switch try await context.vouch(for: candidate.key, candidate.request) {
                case .receipt(let receipt):
                    batch.receipts.append((candidate.request.mailbox, receipt, candidate.delivery))
                    if fillsSlot {
                        batch.done.append(candidate.delivery)
                    } else {
                        leave(candidate, .held, facts, in: &batch)
                    }
                // It comes again, and is looked at as something new.
                case .gone: batch.later.append((candidate.delivery, .later(.milliseconds(300))))
                case .busy: batch.later.append((candidate.delivery, Self.afterFailure))
                }
            }
        }
        batch.promised = start - free
        room.promise(batch.promised)
        return toFetch
    }

    private func facts(
        _ candidate: Candidate, at address: TicketAddress, held: Holding?, others: Int, free: Int64
    ) async throws -> TicketRule.Facts {
        let request = candidate.request
        let terms = try? held.map { try HoldingTerms.open($0.sealedTerms[...], by: context.keys, key: $0.key) }
        var groupTaken = false
        if let tag = context.keys.groupTag(request.group) {
            groupTaken = try await context.index.hasGroup(tag, otherThan: request.chunk)
        }
        return TicketRule.Facts(
            node: context.keys.id, address: address, attempt: candidate.delivery.attempt,
            held: held.map { ($0.state, terms?.slot ?? -1) }, isOwn: await context.isOwn(request.mailbox),
            groupTaken: groupTaken, otherClaims: others, freeBytes: free, now: context.time.now)
    }

    private func leave(
        _ candidate: Candidate, _ reason: TicketRule.Reason, _ facts: TicketRule.Facts, in batch: inout Batch
    ) {
        context.counters.update { $0.left[reason.rawValue, default: 0] += 1 }
        let settlement = TicketRule.settlement(leaving: facts, draw: context.entropy.unit())
        if settlement == .done {
            batch.done.append(candidate.delivery)
        } else {
            batch.later.append((candidate.delivery, settlement))
        }
    }

    // MARK: Making durable

    /// Blob and directory entry, then the index, then the receipts, then the tickets: in this order and no other.
    private func finish(_ batch: Batch) async {
        defer { room.promise(-batch.promised) }
        do {
            if !batch.holdings.isEmpty {
                try await context.changes.changing(Set(batch.holdings.map(\.key))) {
                    try await batch.blobs.commit()
                    try await context.index.commit(batch.holdings)
                }
                context.counters.update {
                    $0.stored += batch.holdings.count
                    $0.storedBytes += batch.holdings.reduce(0) { $0 + Int64($1.size) }
                }
            }
            let unsent = await send(batch.receipts)
            let again = batch.done.filter { unsent.contains($0.token) && $0.attempt < TicketRule.attemptsMax }
            let repeated = Set(again.map(\.token))
            try await context.fabric.settle(again, Self.afterFailure)
            try await context.fabric.settle(batch.done.filter { !repeated.contains($0.token) }, .done)
        } catch {
            context.note(Note(.warning, "chunks not taken: \(error)"))
            try? await context.fabric.settle(batch.done, Self.afterFailure)
        }
        for (delivery, settlement) in batch.later { try? await context.fabric.settle([delivery], settlement) }
    }

    /// Sends receipts, each mailbox for itself: one that is full or closed must not keep others from theirs. Returns the
    /// tokens of the deliveries whose receipts could not be sent.
    private func send(_ receipts: [(mailbox: MailboxID, receipt: SignedReceipt, delivery: Delivery)]) async -> Set<
        String
    > {
        var unsent: Set<String> = []
        for (mailbox, own) in Dictionary(grouping: receipts, by: \.mailbox) {
            do {
                try await context.fabric.send(ReceiptEnvelope.seal(own.map(\.receipt), to: mailbox), to: mailbox)
            } catch {
                context.note(Note(.warning, "receipts not sent: \(error)"))
                unsent.formUnion(own.map(\.delivery.token))
            }
        }
        return unsent
    }
}

extension HolderContext {
    /// The receipt for what this node holds: the same bytes whenever it is asked for.
    func receipt(chunk: ChunkID, terms: HoldingTerms, leaseUntil: Timestamp) -> SignedReceipt {
        Receipt(
            chunk: chunk, node: keys.id, agreementKey: keys.agreementKey, size: terms.size, slot: terms.slot,
            epoch: terms.epoch, leaseUntil: leaseUntil, label: settings.label
        ).signed(by: keys.identity)
    }
}
