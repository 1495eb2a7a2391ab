import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// A holder: a disk, keys and a clock that last, and a process that comes and goes.
final class HolderProcess: Sendable {
    struct Running: Sendable {
        let context: HolderContext
        let answers: AnswerQuestions
        let connection: SimulatedConnection
        let tasks: [Task<Void, Never>]
    }
    private struct State {
        var running: Running?
        var life = 0
        var lie: Lie?
        var isOwn: @Sendable (MailboxID) async -> Bool = { _ in false }
    }

    let number: Int
    let keys: NodeKeys
    let clock: NodeClock
    let storage: any HolderStorage
    private let world: World
    private let liar: Liar
    private let state: Mutex<State>

    init(_ number: Int, secret: [UInt8], storage: any HolderStorage, clock: NodeClock, lie: Lie?, in world: World)
        throws
    {
        self.number = number
        keys = try NodeKeys(secret: SecretBytes(copying: secret))
        self.storage = storage
        self.clock = clock
        self.world = world
        liar = Liar(keys: keys)
        state = Mutex(State(lie: lie))
        world.oracle.add(keys.id, clock: clock, lie: lie)
    }

    var id: NodeID { keys.id }
    var running: Running? { state.withLock(\.running) }
    var lie: Lie? { state.withLock(\.lie) }
    private var isHollow: Bool { liar.isHollow(lie) }
    func setOwn(_ isOwn: @escaping @Sendable (MailboxID) async -> Bool) { state.withLock { $0.isOwn = isOwn } }
    private func isLife(_ life: Int) -> Bool { state.withLock { $0.life == life } }

    /// Starts, unless it is starting or running: opens what the disk has and begins to serve.
    func start() async {
        let life = state.withLock { state -> Int? in
            guard state.running == nil else { return nil }
            state.life += 1
            return state.life
        }
        guard let life else { return }
        while isLife(life) {
            do {
                let stores = try await storage.open()
                try await compare(stores)
                guard isLife(life) else { return }
                let connection = world.fabric.holder(id)
                let context = context(stores, connection, life: life)
                if stores.needsRebuild {
                    try await storage.completeRebuild(in: context)
                    guard isLife(life) else { return }
                    world.tally.state("index rebuilt")
                    world.log("holder \(number) rebuilt its index")
                }
                return run(context, connection)
            } catch {
                world.log("holder \(number) cannot start: \(error)")
                try? await clock.sleep(for: .seconds(5))
            }
        }
    }

    /// What a new process finds must be at least what was confirmed to those before it.
    private func compare(_ stores: HolderStores) async throws {
        let rows = try await stores.index.holdings(after: nil, limit: .max)
        let blobs = try await stores.blobs.names(after: nil, limit: .max)
        world.oracle.finds(stores.needsRebuild ? nil : rows, Set(blobs), at: id)
    }

    private func context(_ stores: HolderStores, _ connection: SimulatedConnection, life: Int) -> HolderContext {
        var settings = HolderSettings()
        settings.capacityBytes = 1 << 40
        settings.reserveFreeBytes = 0
        settings.label = "holder \(number)"
        let (lie, isOwn) = state.withLock { ($0.lie, $0.isOwn) }
        let onlooker = Onlooker(node: id, oracle: world.oracle) { [weak self] in self?.isLife(life) ?? false }
        let index = ObservedIndex(stores, onlooker)
        let world = world
        let blobs = HollowBlobs(inner: ObservedBlobs(stores.blobs, onlooker)) { [weak self] in
            guard let self, isHollow else { return false }
            world.tally.fault(Lie.hollow.fault)
            return true
        }
        return HolderContext(
            keys: keys, index: index, heads: index, blobs: blobs,
            fabric: lie == nil
                ? connection
                : LyingFabric(inner: connection, lie: { [weak self] in self?.lie }, tally: world.tally),
            time: clock, entropy: world.freshEntropy(), settings: settings, isOwn: isOwn,
            note: { [number] note in
                world.oracle.sees([Array(note.subject.utf8), Array(note.text.utf8)], in: "a holder's log")
                world.log("holder \(number): \(note.subject) \(note.text)")
            })
    }

    private func run(_ context: HolderContext, _ connection: SimulatedConnection) {
        let (answers, world) = (AnswerQuestions(context), world)
        let tasks = [
            world.spawn { await AcceptChunks(context).run() },
            world.spawn { [self] in
                while !Task.isCancelled {
                    try? await connection.serve(as: id) { [self] question in
                        await liar.answer(question, lie: self.lie, honest: answers, world)
                    }
                    try? await context.time.sleep(for: .seconds(1))
                }
            },
            world.spawn { await Self.expire(context) },
            world.spawn { await Self.scrub(context) },
            world.spawn { [self] in await restartWhenDegraded(context) },
        ]
        state.withLock {
            $0.running = Running(context: context, answers: answers, connection: connection, tasks: tasks)
        }
        if lie == .parrot { _ = world.spawn { [liar] in await liar.repeatOthers(connection, world) } }
        world.log("holder \(number) (\(id.short)) runs")
    }

    private static func expire(_ context: HolderContext) async {
        while !Task.isCancelled {
            _ = try? await ExpireLeases(context).sweep()
            try? await context.time.sleep(for: .seconds(600))
        }
    }

    private static func scrub(_ context: HolderContext) async {
        let scrub = Scrub(context)
        while !Task.isCancelled {
            try? await context.time.sleep(for: .seconds(60))
            _ = try? await scrub.advance(by: .seconds(60), within: .seconds(1800))
        }
    }

    /// As whoever runs the node does, having read its log.
    private func restartWhenDegraded(_ context: HolderContext) async {
        while !Task.isCancelled {
            try? await context.time.sleep(for: .seconds(300))
            guard !Task.isCancelled, await storage.isDegraded(), !Task.isCancelled else { continue }
            world.tally.state("degraded holder restarted")
            _ = world.spawn { [self] in
                crash()
                await start()
            }
            return
        }
    }

    /// Killed at this moment, whatever it is doing.
    func crash() {
        let running = state.withLock { state in
            state.life += 1
            defer { state.running = nil }
            return state.running
        }
        storage.crash()
        guard let running else { return }
        running.connection.setCut(true)
        for task in running.tasks { task.cancel() }
        count(running)
        world.log("holder \(number) is killed")
    }

    /// What the process counted goes into the coverage.
    private func count(_ running: Running) {
        let values = running.context.counters.values
        for (reason, count) in values.dropped { world.tally.state("holder dropped: \(reason)", count) }
        for (reason, count) in values.left { world.tally.state("ticket left: \(reason)", count) }
        world.tally.state("chunk stored", values.stored)
        world.tally.state("receipt sent again", values.resent)
        world.tally.state("holder found damage", values.damaged)
    }

    /// It does as it should from now on.
    func reform() {
        guard lie != nil else { return }
        crash()
        state.withLock { $0.lie = nil }
        world.oracle.reform(id)
    }
}
