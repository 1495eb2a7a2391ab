internal import QuloudCore

extension FabricConformance {
    func checkChunks(_ scene: Scene) async throws {
        let owner = scene.owner
        let box = try await scene.mailbox()
        let (bytes, id) = scene.chunk()
        switch self {
        case .missingChunkIsNil:
            try require(try await scene.first.fetch(id, from: box) == nil, "a chunk never published was fetched")
            try require(try await !owner.has(id, in: box), "a chunk never published is there")
        case .largestChunkRoundTrips:
            let large = scene.chunk(size: Limits.sealedChunkSizeMax)
            try await owner.publish(large.bytes, as: large.id, in: box)
            try require(
                try await scene.first.fetch(large.id, from: box) == large.bytes, "the largest chunk came otherwise")
        case .sameBytesTwiceSucceed:
            try await owner.publish(bytes, as: id, in: box)
            try await owner.publish(bytes, as: id, in: box)
            try require(try await scene.first.fetch(id, from: box) == bytes, "the chunk is not as published")
        case .otherBytesAreOccupied:
            try await owner.publish(bytes, as: id, in: box)
            let kind = try await kind { try await owner.publish([1, 2, 3], as: id, in: box) }
            try require(kind, is: .occupied, "publishing other bytes under the name of a good chunk")
            try require(try await scene.first.fetch(id, from: box) == bytes, "the first bytes are gone")
        case .foreignBytesGiveWayOrOccupy:
            try await owner.publish([9, 9, 9], as: id, in: box)
            let kind = try await kind { try await owner.publish(bytes, as: id, in: box) }
            try require(kind == nil || kind == .occupied, "publishing over wrong bytes: \(String(describing: kind))")
            let found = try await scene.first.fetch(id, from: box)
            try require(found == (kind == nil ? bytes : [9, 9, 9]), "what lies there is not what was told")
        case .mailboxesAreApart:
            let other = try await scene.mailbox()
            try await owner.publish(bytes, as: id, in: box)
            try await owner.publish(bytes, as: id, in: other)
            await owner.free([id], in: box)
            try await eventually("freed chunk stays") { try await !owner.has(id, in: box) }
            try require(try await owner.has(id, in: other), "freeing in one mailbox freed in another")
        case .manyPublishesAtOnce: try await checkManyPublishes(owner, box, scene)
        case .freedChunkIsGone, .freeingUnknownChunksIsFine, .freedChunkCanBePublishedAgain,
            .publishAfterEarlyFreeKeepsTheChunk, .closedMailboxForgets:
            try await checkFreeing(scene, box)
        default:
            if self == .openingTwiceIsFine { try await owner.open(box) }
            try await owner.publish(bytes, as: id, in: box)
            try require(try await owner.has(id, in: box), "a published chunk is not there")
            for holder in scene.world.holders {
                try require(try await holder.fetch(id, from: box) == bytes, "a published chunk came otherwise")
            }
        }
    }

    private func checkManyPublishes(_ owner: any OwnerFabric, _ box: MailboxID, _ scene: Scene) async throws {
        let chunks = (0..<60).map { _ in scene.chunk(size: 300_000) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for chunk in chunks {
                group.addTask { try await owner.publish(chunk.bytes, as: chunk.id, in: box) }
            }
            try await group.waitForAll()
        }
        for chunk in chunks {
            try require(
                try await scene.second.fetch(chunk.id, from: box) == chunk.bytes, "a chunk of many came otherwise")
        }
        await owner.free(chunks.map(\.id), in: box)
        for chunk in chunks {
            try await eventually("a freed chunk of many stays") { try await !owner.has(chunk.id, in: box) }
        }
    }

    private func checkFreeing(_ scene: Scene, _ box: MailboxID) async throws {
        let owner = scene.owner
        let (bytes, id) = scene.chunk()
        switch self {
        case .freeingUnknownChunksIsFine:
            await owner.free([scene.chunk().id, scene.chunk().id], in: box)
            await owner.free([], in: box)
        case .publishAfterEarlyFreeKeepsTheChunk:
            await owner.free([id], in: box)
            try await owner.publish(bytes, as: id, in: box)
            try await owner.publish(scene.chunk().bytes, as: scene.chunk().id, in: box)
            try await Task.sleep(for: .milliseconds(300))
            try require(try await owner.has(id, in: box), "a chunk published after it was freed is gone")
        case .closedMailboxForgets:
            try await owner.publish(bytes, as: id, in: box)
            try await scene.first.send([1], to: box)
            await owner.close(box)
            await owner.close(box)
            try await owner.open(box)
            try require(try await !owner.has(id, in: box), "a closed mailbox kept a chunk")
            let late = try await owner.receipts(in: box, limit: 5, wait: .milliseconds(200))
            try require(late.isEmpty, "a closed mailbox kept a receipt")
        default:
            for _ in 0..<(self == .freedChunkIsGone ? 1 : 5) {
                try await owner.publish(bytes, as: id, in: box)
                try require(try await owner.has(id, in: box), "a published chunk is not there")
                await owner.free([id], in: box)
                try await eventually("a freed chunk stays") { try await !owner.has(id, in: box) }
            }
            try require(try await scene.first.fetch(id, from: box) == nil, "a freed chunk was fetched")
        }
    }

    func checkForgetting(_ scene: Scene) async throws {
        guard let wipe = scene.world.wipe else { return }
        let owner = scene.owner
        let node = scene.node()
        let box = try await scene.mailbox()
        let (bytes, id) = scene.chunk()
        try await checkWholePath(scene, box, node, bytes, id)
        try await owner.publish(bytes, as: id, in: box)
        try await wipe()
        try await patiently { try require(try await !owner.has(id, in: box), "the broker forgot nothing") }
        try await checkWholePath(scene, box, node, bytes, id)
    }

    /// From publishing to the settled receipt, by lane and by node.
    private func checkWholePath(
        _ scene: Scene, _ box: MailboxID, _ node: NodeID, _ bytes: [UInt8], _ id: ChunkID
    ) async throws {
        let owner = scene.owner
        try await patiently { try await owner.publish(bytes, as: id, in: box) }
        for address in [TicketAddress.lane(1), .node(node)] {
            try await patiently { try await owner.publish([Ticket(address: address, chunk: id, request: [7])]) }
            let taken = try await patiently { try await scene.take(1, from: address) }
            try require(taken.map(\.payload), is: [[7]], "tickets at \(address)")
            try await patiently { try await scene.first.settle(taken, .done) }
        }
        let found = try await patiently { try await scene.first.fetch(id, from: box) }
        try require(found == bytes, "the chunk came otherwise")
        try await patiently { try await scene.first.send([5], to: box) }
        let receipts = try await patiently { try await owner.receipts(in: box, limit: 10, wait: .seconds(5)) }
        try require(receipts.map(\.payload), is: [[5]], "receipts")
        try await patiently { try await owner.settle(receipts, .done) }
        await owner.free([id], in: box)
        try await eventually("a freed chunk stays") { try await patiently { try await !owner.has(id, in: box) } }
    }
}
