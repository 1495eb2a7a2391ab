import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// The network becomes quiet, nobody lies any more: everything must come to rest, and be as promised.
struct Ending: Sendable {
    let story: Story
    private var world: World { story.world }
    private var owner: OwnerProcess { story.owner }
    private static let rounds = 8

    init(_ story: Story) { self.story = story }

    func run() async {
        await calmDown()
        guard await haveCatalog() else { return }
        guard let unrecoverable = await converge() else { return }
        await checkReplicas(besides: unrecoverable)
        await checkPromises()
        let isWhole = unrecoverable.isEmpty
        await checkSnapshots(isWhole: isWhole)
        await checkRecovery(isWhole: isWhole)
        world.oracle.checkPromises()
    }

    private func calmDown() async {
        world.log("quiet")
        world.fabric.setReachable(true)
        owner.clock.correct()
        owner.storage.set(.none)
        owner.crash()
        for holder in world.holders {
            holder.clock.correct()
            holder.storage.set(.none)
            holder.reform()
            if let running = holder.running { running.connection.setCut(false) }
            await holder.start()
        }
        // What is still on its way arrives.
        try? await world.scheduler.sleep(for: .seconds(600))
    }

    /// True when there is something to go on with.
    private func haveCatalog() async -> Bool {
        guard story.needsRecovery else { return true }
        if await story.recover() != nil { return true }
        // Nothing was ever finished, or the copies of it were lost: that is for the next backup to begin anew.
        let best = world.oracle.bestHead()
        if best > 0 {
            world.oracle.violate(.converges, "nothing is recovered, and holders keep head \(best)")
        }
        return best == 0
    }

    /// 5. Chunks that the owner was told cannot be had; `nil` when there is nothing to converge.
    private func converge() async -> Set<ChunkID>? {
        var unrecoverable: Set<ChunkID> = []
        for round in 1...Self.rounds {
            await story.renew()
            _ = await story.audit(.all(on: nil))
            let backup = await story.backup(owner)
            let healed = await story.heal()
            unrecoverable = Set(healed?.unrecoverable ?? [])
            let isAtRest = healed.map { $0.stillBelow == 0 } ?? false
            world.log("round \(round): backup \(backup != nil), at rest \(isAtRest)")
            if backup != nil, isAtRest, round > 1 {
                world.tally.state("rounds to rest", round)
                if backup?.isProtected == false, unrecoverable.isEmpty {
                    let last = await story.backup(owner)
                    if last?.isProtected != true { world.oracle.violate(.converges, "at rest, and not protected") }
                }
                checkUnrecoverable(unrecoverable)
                return unrecoverable
            }
            if backup == nil { _ = await story.recover() }
            // Whoever is silent is given the grace period.
            world.scheduler.pass(owner.settings.grace + .seconds(3600))
            try? await world.scheduler.sleep(for: .seconds(60))
        }
        if isPossible {
            world.oracle.violate(.converges, "not at rest after \(Self.rounds) rounds")
        }
        world.tally.state("no room to converge")
        return nil
    }

    /// Disks so small that the holders cannot take everything.
    private var isPossible: Bool { world.profile.diskBytes > 1 << 30 }

    private func checkUnrecoverable(_ chunks: Set<ChunkID>) {
        for chunk in chunks {
            world.tally.state("chunk lost for good")
            let holders = world.oracle.holders(of: chunk)
            if !holders.isEmpty {
                world.oracle.violate(
                    .converges, "\(chunk.short) is given up, and \(holders.map(\.short)) have it")
            }
            if world.oracle.harm == 0, world.profile.liars.isEmpty {
                world.oracle.violate(.converges, "\(chunk.short) is lost, and nothing happened to any holder")
            }
        }
    }

    /// 5, by what is really there.
    private func checkReplicas(besides unrecoverable: Set<ChunkID>) async {
        guard let replicas = try? await owner.context().catalog.replicas(after: nil, on: nil, limit: 1_000_000) else {
            return
        }
        for (chunk, counted) in Dictionary(grouping: replicas, by: \.chunk) where !unrecoverable.contains(chunk) {
            let real = Set(world.oracle.holders(of: chunk)).intersection(counted.map(\.node))
            if real.count < world.profile.quorum {
                world.oracle.violate(
                    .converges, "\(chunk.short) counts \(counted.count) replicas, and \(real.count) nodes have it")
            }
        }
    }

    /// 2: what was promised is returned, bit for bit. Some of it: the stores confirmed all.
    private func checkPromises() async {
        for (node, chunks) in world.oracle.promises() {
            let first = world.plot { $0.index(chunks.count) }
            for chunk in (chunks[first...] + chunks[..<first]).prefix(8) {
                let result = await owner.perform("retrieve") { context in
                    try await NodeRequests(context).retrieve(chunk, from: node, timeout: .seconds(30))
                }
                if case .failure(let error) = result {
                    world.oracle.violate(.receiptKept, "\(node.short) does not return \(chunk.short): \(error)")
                }
            }
        }
    }

    /// 8, and that no snapshot is forgotten.
    private func checkSnapshots(isWhole: Bool) async {
        guard let snapshots = try? await owner.context().catalog.snapshots() else { return }
        let known = Set(snapshots.map(\.id))
        for (id, kept) in story.kept.sorted(by: { $0.key < $1.key }) where !known.contains(id) {
            // Only its owner's machine had it, or the holders that kept its head were harmed.
            guard world.oracle.harm == 0, world.profile.liars.isEmpty, !story.hasForked, kept.headSequence > 0,
                kept.isProtected
            else { continue }
            world.oracle.violate(.converges, "protected snapshot \(id.short) is forgotten")
        }
        let drawn = world.plot { $0.index(max(1, snapshots.count)) }
        for (index, snapshot) in snapshots.enumerated() where index == drawn || index == snapshots.count - 1 {
            let isExact = await story.restore(snapshot)
            if isWhole, !isExact {
                world.oracle.violate(.restoreExact, "\(snapshot.id.short) is not restored, and every chunk is there")
            }
        }
    }

    /// 4: recovering, and recovering after an interrupted recovery, give the same.
    private func checkRecovery(isWhole: Bool) async {
        guard isWhole, !world.profile.isOwnerHolder, world.plot({ $0.chance(0.4) }) else { return }
        // Once around with their scrubs: what a recovery is the first to find gone would not be there for the next.
        try? await world.scheduler.sleep(for: .seconds(3700))
        guard let before = await catalog() else { return }
        owner.crash()
        owner.replaceDisk(world.ownerStorage())
        guard await story.recover() != nil, let once = await catalog() else {
            return world.oracle.violate(.recoveryIdempotent, "a recovery from quiet holders fails")
        }
        owner.crash()
        owner.replaceDisk(world.ownerStorage())
        for _ in 0..<world.plot({ $0.int(1...3) }) {
            let isOver = Done()
            world.scheduler.after(steps: world.plot { $0.int(1...1500) }) { [owner] in
                if !isOver.isSet { owner.crash() }
            }
            _ = await story.recover()
            isOver.set()
        }
        try? await world.scheduler.sleep(for: .seconds(60))
        _ = await story.recover()
        guard await story.recover() != nil, let again = await catalog() else {
            return world.oracle.violate(.recoveryIdempotent, "a repeated recovery fails")
        }
        if once != again {
            world.oracle.violate(.recoveryIdempotent, "a repeated recovery differs: \(once.difference(from: again))")
        }
        if before.snapshots != once.snapshots || before.sequence != once.sequence {
            world.oracle.violate(.recoveryIdempotent, "a recovery differs: \(before.difference(from: once))")
        }
        world.tally.state("recovery compared")
    }

    /// What must be the same in two catalogs of one history.
    private struct Essence: Equatable {
        let snapshots: [SnapshotID]
        let sequence: UInt64
        let replicas: [ChunkID: Set<NodeID>]

        func difference(from other: Essence) -> String {
            "\(snapshots.count) and \(other.snapshots.count) snapshots, head \(sequence) and \(other.sequence), "
                + "\(replicas.count) and \(other.replicas.count) chunks, "
                + "\(replicas.filter { other.replicas[$0.key] != $0.value }.count) of them with other replicas"
        }
    }

    private func catalog() async -> Essence? {
        let catalog = await owner.context().catalog
        guard let snapshots = try? await catalog.snapshots(), let head = try? await catalog.head(),
            let replicas = try? await catalog.replicas(after: nil, on: nil, limit: 1_000_000)
        else { return nil }
        return Essence(
            snapshots: snapshots.map(\.id).sorted(), sequence: head.sequence,
            replicas: Dictionary(grouping: replicas, by: \.chunk).mapValues { Set($0.map(\.node)) })
    }
}

extension Oracle {
    /// The newest head that any holder keeps.
    func bestHead() -> UInt64 { state.withLock { $0.nodes.values.map(\.headSequence).max() ?? 0 } }

    /// What nodes owe to their owner.
    func promises() -> [(NodeID, [ChunkID])] {
        state.withLock { state in
            state.nodes.sorted { $0.key < $1.key }.filter(\.value.isHonest).map { node, model in
                (node, model.kept.keys.filter { model.owes($0) }.sorted())
            }
        }
    }
}
