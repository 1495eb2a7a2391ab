import QuloudCore
import QuloudTestKit
import Synchronization

/// The larger things that go wrong: crashes, outages, broken disks, wrong clocks.
struct Faults: Sendable {
    let world: World
    let owner: OwnerProcess

    private enum Kind: CaseIterable {
        case holderCrash, holderCrashAtStep, ownerCrash, ownerCrashAtStep, partition, brokerAway, brokerForgets
        case brokerForgetsLately, diskFull, diskFails, ownerDisk, rot, wipe, clock, indexLost
    }

    /// One after the other until the world becomes quiet.
    func run() async {
        guard let every = world.profile.faultEvery else { return }
        while !world.isQuiet, !Task.isCancelled {
            let pause = world.plot { draw in every * (0.2 + 1.6 * draw.unit()) }
            try? await world.scheduler.sleep(for: pause)
            if world.isQuiet { return }
            await happen()
        }
    }

    private func happen() async {
        let (kind, holder) = world.plot { draw in (draw.one(of: Kind.allCases), draw.one(of: world.holders)) }
        guard let kind, let holder else { return }
        switch kind {
        case .holderCrash: crash(holder)
        case .holderCrashAtStep:
            holder.storage.failSoon()
            later { crash(holder) }
        case .ownerCrash: crashOwner()
        case .ownerCrashAtStep:
            owner.storage.failSoon()
            later { crashOwner() }
        case .partition: await partition(holder)
        case .brokerAway:
            note("broker away")
            world.fabric.setReachable(false)
            await pause(1...90)
            world.fabric.setReachable(true)
        case .brokerForgets:
            note("broker forgets everything")
            world.fabric.forgetEverything()
        case .brokerForgetsLately:
            note("broker forgets two minutes")
            world.fabric.forget(last: .seconds(120))
        case .diskFull: await trouble(.full, holder)
        case .diskFails: await trouble(.failing, holder)
        case .ownerDisk: await ownerTrouble()
        case .rot: await rot(holder)
        case .wipe: await wipe(holder)
        case .clock: jump(holder)
        case .indexLost: loseIndex(holder)
        }
    }

    private func note(_ what: String) {
        world.tally.fault(what)
        world.log("fault: \(what)")
    }
    private func pause(_ seconds: ClosedRange<Int>) async {
        let pause = world.plot { $0.seconds(seconds) }
        try? await world.scheduler.sleep(for: pause)
    }
    /// Between two steps, of whatever is being done then.
    private func soon(_ body: @escaping @Sendable () -> Void) {
        world.scheduler.after(steps: world.plot { $0.int(1...600) }, body)
    }
    /// The same, or a while from now where files are written meanwhile.
    private func later(_ body: @escaping @Sendable () -> Void) {
        guard world.isReal else { return soon(body) }
        let pause = world.plot { $0.milliseconds(100...30_000) }
        _ = world.spawn { [world] in
            try? await world.scheduler.sleep(for: pause)
            body()
        }
    }
    private func again(_ start: @escaping @Sendable () async -> Void) {
        let pause = world.plot { $0.chance(0.5) ? $0.milliseconds(1...2000) : $0.seconds(1...120) }
        _ = world.spawn { [world] in
            try? await world.scheduler.sleep(for: pause)
            await start()
        }
    }

    private func crash(_ holder: HolderProcess) {
        guard holder.running != nil, !world.isQuiet else { return }
        note("holder killed")
        holder.crash()
        again { await holder.start() }
    }

    private func crashOwner() {
        guard !world.isQuiet else { return }
        note("owner killed")
        owner.crash()
    }

    private func partition(_ holder: HolderProcess) async {
        if world.plot({ $0.chance(0.3) }) {
            note("owner cut off")
            owner.setCut(true)
            await pause(1...60)
            owner.setCut(false)
        } else {
            note("holder cut off")
            let connection = holder.running?.connection
            connection?.setCut(true)
            let pause = world.plot { $0.chance(0.7) ? $0.seconds(1...60) : $0.seconds(60...1000) }
            again {
                try? await world.scheduler.sleep(for: pause)
                // Mended only if it is still the same process.
                if holder.running?.connection === connection { connection?.setCut(false) }
            }
        }
    }

    private func trouble(_ trouble: DiskTrouble, _ holder: HolderProcess) async {
        note(trouble == .full ? "holder's disk full" : "holder's disk fails")
        holder.storage.set(trouble)
        await pause(1...60)
        holder.storage.set(.none)
    }

    private func ownerTrouble() async {
        let trouble: DiskTrouble = world.plot { $0.chance(0.5) } ? .full : .failing
        note(trouble == .full ? "owner's disk full" : "owner's disk fails")
        let storage = owner.storage
        storage.set(trouble)
        await pause(1...5)
        storage.set(.none)
    }

    /// At one holder only: as many copies as the quorum must not all be lost by accident.
    private func rot(_ holder: HolderProcess) async {
        guard let (chunk, key) = world.plot({ world.oracle.somethingKept(at: holder.id, $0.next()) }) else { return }
        note("bit flipped")
        world.oracle.harm(chunk, at: holder.id)
        await holder.storage.rot(key)
    }

    private func wipe(_ holder: HolderProcess) async {
        guard world.plot({ $0.chance(0.3) }) else { return }
        note("holder's disk replaced")
        let wasRunning = holder.running != nil
        holder.crash()
        world.oracle.wipe(holder.id)
        holder.storage.wipe()
        if wasRunning { again { await holder.start() } }
    }

    private func loseIndex(_ holder: HolderProcess) {
        guard world.plot({ $0.chance(0.3) }), holder.running != nil else { return }
        note("holder's index lost")
        holder.crash()
        world.oracle.losesIndex(holder.id)
        holder.storage.loseIndex()
        again { await holder.start() }
    }

    private func jump(_ holder: HolderProcess) {
        let jump = world.plot { draw -> Duration in
            let size: Duration =
                draw.chance(0.5)
                ? .seconds(draw.int(1...600))
                : draw.chance(0.7) ? .seconds(draw.int(600...86_400)) : .seconds(86_400 * draw.int(1...40))
            return draw.chance(0.5) ? size : .zero - size
        }
        note("clock jumps")
        if world.plot({ $0.chance(0.3) }) { owner.clock.jump(by: jump) } else { holder.clock.jump(by: jump) }
    }
}

extension Oracle {
    /// Some chunk that a holder has, for something to happen to it.
    func somethingKept(at node: NodeID, _ number: UInt64) -> (ChunkID, HoldingKey)? {
        state.withLock { state in
            guard let model = state.nodes[node] else { return nil }
            let whole = model.kept.filter { $0.value.intactSince != nil }.keys.sorted()
            guard !whole.isEmpty else { return nil }
            let chunk = whole[Int(number % UInt64(whole.count))]
            return model.kept[chunk]?.key.map { (chunk, $0) }
        }
    }
}
