package struct HealResult: Sendable, Equatable {
    /// Chunks found with fewer replicas than their quorum.
    package var chunks = 0
    package var healed = 0
    package var replicasPlaced = 0
    /// Chunks that still have fewer replicas than wanted, for want of willing nodes.
    package var stillBelow = 0
    /// Chunks that neither the source nor any holder gave back.
    package var unrecoverable: [ChunkID] = []
    package init() {}
}

/// Places new replicas for those that were lost or never came, from the unchanged source or from a replica that is left.
package struct Heal: Sendable {
    private let context: OwnerContext
    private let tree: any SourceTree
    private let observer: Observer

    package init(_ context: OwnerContext, tree: any SourceTree, observer: @escaping Observer) {
        self.context = context
        self.tree = tree
        self.observer = observer
    }

    package func run() async throws -> HealResult {
        try await context.catalog.raiseQuorum(to: context.settings.quorum)
        guard !(try await context.catalog.chunksBelowQuorum(after: nil, limit: 1).isEmpty) else { return HealResult() }
        let mailbox = try await OwnerMailbox.fresh(context)
        let progress = ProgressMeter(HealProgress(), time: context.time) { [observer] in observer(.heal($0)) }
        let placer = Placer(context, mailbox: mailbox, memoryMax: context.settings.memoryMax) { count in
            progress.update { $0.replicasPlaced += count }
        }
        let here = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await HistoryGuard(context).check() }
            let here = try await Discovery(context).holders().filter(\.takesChunks).map(\.node)
            try await group.waitForAll()
            return here
        }
        let (summary, found) = try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { .placed(try await placer.run()) }
            group.addTask {
                let found = try await order(from: placer, holders: Set(here), progress: progress)
                await placer.close()
                return .ordered(found)
            }
            var summary = PlacementSummary()
            var found = HealResult()
            for try await part in group {
                switch part {
                case .placed(let placed): summary = placed
                case .ordered(let ordered): found = ordered
                }
            }
            return (summary, found)
        }
        var result = found
        result.healed = summary.complete
        result.replicasPlaced = summary.replicas
        result.stillBelow = result.chunks - result.healed - result.unrecoverable.count
        progress.finish()
        return result
    }

    private enum Part: Sendable {
        case placed(PlacementSummary)
        case ordered(HealResult)
    }

    private func order(
        from placer: Placer, holders: Set<NodeID>, progress: ProgressMeter<HealProgress>
    ) async throws -> HealResult {
        let resealer = SourceResealer(context, tree: tree)
        let fetcher = ChunkFetcher(context)
        var result = HealResult()
        var position: ChunkID?
        while true {
            let page = try await context.catalog.chunksBelowQuorum(after: position, limit: 64)
            guard let last = page.last else { return result }
            position = last.id
            let replicas = try await context.catalog.replicas(of: page.map(\.id))
            for chunk in page {
                result.chunks += 1
                progress.update { $0.chunks += 1 }
                let wanted = chunk.quorum - chunk.liveReplicas
                let excluded = Self.excluded(replicas[chunk.id, default: []], wanted: wanted, holders: holders)
                // Reading the source again for nobody would be in vain.
                guard !holders.isSubset(of: excluded) else { continue }
                guard let sealed = try await sealed(chunk, resealer, fetcher) else {
                    result.unrecoverable.append(chunk.id)
                    continue
                }
                try await placer.place(
                    Placer.Order(sealed: sealed, chunk: chunk, source: nil, wanted: wanted, excluded: excluded))
            }
        }
    }

    /// Never the nodes that hold it; nodes that lost it only when there are too few others.
    static func excluded(_ known: [Replica], wanted: Int, holders: Set<NodeID>) -> Set<NodeID> {
        let holding = Set(known.filter { $0.state.counts }.map(\.node))
        let all = Set(known.map(\.node))
        return holders.subtracting(all).count >= wanted ? all : holding
    }

    private func sealed(
        _ chunk: CatalogChunk, _ resealer: SourceResealer, _ fetcher: ChunkFetcher
    ) async throws -> [UInt8]? {
        if let sealed = try await resealer.sealed(chunk) { return sealed }
        do {
            return try await fetcher.sealed(chunk.id).bytes
        } catch let error as ChunkUnavailable {
            observer(
                .note(
                    Note(.warning, subject: "chunk \(chunk.id.short)", "cannot be healed: no copy is left to copy from")
                ))
            _ = error
            return nil
        }
    }
}
