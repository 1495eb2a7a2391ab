import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// What the owner does in a world, while things go wrong; and what must have come of it in the end.
final class Story: Sendable {
    /// A snapshot as it must come back.
    struct Kept: Sendable {
        let snapshot: Snapshot
        let sketch: [String: InMemoryTree.Sketch]
        /// Paths that changed while they were read: any of their states will do.
        let blurred: Set<String>
        let headSequence: UInt64
        let isProtected: Bool
    }
    private struct State {
        var kept: [SnapshotID: Kept] = [:]
        /// After the loss of the owner's machine, until it is recovered.
        var needsRecovery = false
        var hasForked = false
    }

    let world: World
    let files: Files
    let owner: OwnerProcess
    private let stranger: Stranger?
    private let state = Mutex(State())

    init(_ world: World) throws {
        self.world = world
        let profile = world.profile
        files = Files(seed: world.seed) { world.log("files changed: \($0.sorted())") }
        for number in 1...profile.holders {
            let storage = world.holderStorage()
            world.add(
                try HolderProcess(
                    number, secret: World.nodeSecret(number), storage: storage, clock: NodeClock(world.scheduler),
                    lie: profile.liars[number - 1], in: world))
        }
        stranger = profile.hasStranger ? try Stranger(in: world) : nil
        let ownNode = profile.isOwnerHolder ? world.holders.first : nil
        owner = try OwnerProcess(
            "owner", root: World.ownerRoot, storage: world.ownerStorage(), tree: files.tree,
            clock: ownNode?.clock ?? NodeClock(world.scheduler), ownNode: ownNode?.id, settings: Self.settings(profile),
            in: world)
        ownNode?.setOwn(owner.isOwn)
        world.watchDurability()
    }

    static func settings(_ profile: Profile) -> OwnerSettings {
        var settings = OwnerSettings()
        settings.quorum = profile.quorum
        settings.lease = profile.lease
        settings.compressionLevel = 1
        settings.memoryMax = 8 << 20
        settings.auditBatchBytes = profile.auditBatchBytes
        settings.chunkSizes = ChunkSizes(least: 4096, average: 8192, most: 16_384, bundled: 1024)
        return settings
    }

    var kept: [SnapshotID: Kept] { state.withLock(\.kept) }
    var hasForked: Bool { state.withLock(\.hasForked) }
    var needsRecovery: Bool { state.withLock(\.needsRecovery) }

    func run() async {
        world.log(world.profile.text)
        for holder in world.holders { await holder.start() }
        let faults = world.spawn { [self] in await Faults(world: world, owner: owner).run() }
        for _ in 0..<world.profile.actions {
            await act()
            world.oracle.checkPromises()
        }
        if !world.profile.liars.isEmpty { await trial() }
        world.becomeQuiet()
        faults.cancel()
        await Ending(self).run()
    }

    // MARK: What the owner does

    private enum Action: String { case backup, change, audit, heal, restore, recover, renew, pass, lose, fork }

    private func act() async {
        let action = world.plot { draw in
            draw.one(weighted: [
                (Action.backup, 5), (.change, 4), (.audit, 4), (.heal, 3), (.restore, 2), (.recover, 1), (.renew, 1),
                (.pass, 2), (.lose, 1), (.fork, 1),
            ])
        }
        guard let action else { return }
        world.log("action: \(action)")
        if needsRecovery, action != .change, action != .pass {
            _ = await recover()
            return
        }
        switch action {
        case .backup: await inFamine(0.25) { _ = await self.backup(self.owner) }
        case .change:
            files.change()
            await inFamine(0.25) { _ = await self.backup(self.owner) }
        case .audit:
            let scope = world.plot { $0.one(of: [Audit.Scope.all(on: nil), .due, .sample(5)]) } ?? .due
            // What is gone from the source as well can only be judged with the help of others.
            if world.plot({ $0.chance(0.5) }) { files.change() }
            await inFamine(0.5) { _ = await self.audit(scope) }
        case .heal: _ = await heal()
        case .restore: await restoreOne()
        case .recover: _ = await recover()
        case .renew: await renew()
        case .pass: await pass()
        case .lose: await loseMachine()
        case .fork: await fork()
        }
    }

    /// An audit in which nobody but liars can be asked for what is gone from the source, and one with everybody.
    private func trial() async {
        guard !needsRecovery else { return }
        world.log("trial")
        for _ in 0..<3 { files.change() }
        await without(world.holders.filter { $0.lie == nil }) { _ = await self.audit(.all(on: nil)) }
        _ = await audit(.all(on: nil))
    }

    private func ended<Value>(_ what: String, _ result: Result<Value, any Error>) {
        switch result {
        case .success: world.tally.state("\(what): done")
        case .failure(let error):
            world.tally.state("\(what): \(Self.name(error))")
            world.log("\(what) failed: \(error)")
            // What a person does who is told.
            if error is HistoryError { state.withLock { $0.needsRecovery = true } }
        }
    }

    private static func name(_ error: any Error) -> String {
        switch error {
        case let error as FabricError: "fabric \(error.kind)"
        case let error as CatalogError: "catalog \(error.kind)"
        case is ChunkUnavailable: "chunk unavailable"
        case is CancellationError: "cancelled"
        case is Crashed: "killed"
        case BackupError.unplaced: "unplaced"
        case HistoryError.behind: "catalog too old"
        case HistoryError.forked: "history forked"
        case let error as RecoverError: "\(error)"
        default: "\(type(of: error))"
        }
    }

    private func observer(_ notes: Notes) -> Observer {
        { [world] activity in
            guard case .note(let note) = activity else { return }
            notes.add(note)
            world.log("owner: \(note.subject) \(note.text)")
        }
    }

    @discardableResult
    func backup(_ owner: OwnerProcess) async -> BackupResult? {
        let changesBefore = files.changes
        let before = files.sketch()
        let changes = world.plot { $0.chance(0.15) } && !world.isQuiet
        let meddler = changes ? world.spawn { [self] in await meddle() } : nil
        let notes = Notes()
        let (tree, observer) = (files.tree, observer(notes))
        let result = await owner.perform("backup") { context in
            try await Backup(context, tree: tree, observer: observer).run(
                [InMemoryTree.path("/home")], label: Files.name, host: Files.name, excluded: [])
        }
        meddler?.cancel()
        await meddler?.value
        ended("backup", result)
        guard let done = try? result.get() else { return nil }
        let sequence = try? await owner.context().catalog.head()?.sequence
        world.log(
            "\(owner.name): snapshot \(done.snapshot.id.short), \(done.isProtected ? "protected" : "not protected")")
        remember(done, before, blurred: files.changed(since: changesBefore), sequence: sequence ?? 0)
        world.tally.state(done.isProtected ? "backup: protected" : "backup: not protected")
        if done.isProtected { await checkProtected(done, owner) }
        return done
    }

    private func remember(
        _ done: BackupResult, _ sketch: [String: InMemoryTree.Sketch], blurred: Set<String>, sequence: UInt64
    ) {
        state.withLock {
            $0.kept[done.snapshot.id] = Kept(
                snapshot: done.snapshot, sketch: sketch, blurred: blurred, headSequence: sequence,
                isProtected: done.isProtected)
        }
    }

    /// Somebody works on the files while they are backed up.
    private func meddle() async {
        while !Task.isCancelled {
            try? await world.scheduler.sleep(for: world.plot { $0.milliseconds(1...400) })
            if !Task.isCancelled { files.change() }
        }
    }

    /// 3: every chunk of a protected snapshot is on as many distinct nodes, each of which vouched for it.
    private func checkProtected(_ done: BackupResult, _ owner: OwnerProcess) async {
        let checked = await owner.perform("check") { [world] context in
            let refs = try await Self.chunks(of: done.snapshot, context)
            let replicas = try await context.catalog.replicas(of: refs)
            for chunk in refs {
                let nodes = Set(replicas[chunk, default: []].filter(\.state.counts).map(\.node))
                if nodes.count < context.settings.quorum {
                    world.oracle.violate(
                        .quorumCounted, "\(chunk.short) of a protected snapshot counts \(nodes.count) nodes")
                }
            }
        }
        if case .failure(let error) = checked { world.log("check: \(error)") }
    }

    static func chunks(of snapshot: Snapshot, _ context: OwnerContext) async throws -> [ChunkID] {
        let reader = ManifestReader(context)
        var found = Set([snapshot.manifest.id])
        found.formUnion(try await reader.root(of: snapshot).records.map(\.id))
        let collected = Mutex(found)
        try await reader.records(of: snapshot) { records in
            for record in records {
                switch record {
                case .file(_, _, _, let segments), .more(let segments):
                    collected.withLock { $0.formUnion(segments.map(\.chunk.id)) }
                case .directory, .symlink, .hardLink: break
                }
            }
        }
        return collected.withLock { $0.sorted() }
    }

    func audit(_ scope: Audit.Scope) async -> AuditResult? {
        let (tree, observer) = (files.tree, observer(Notes()))
        let result = await owner.perform("audit") { context in
            try await Audit(context, tree: tree, observer: observer).run(scope)
        }
        ended("audit", result)
        guard let done = try? result.get() else { return nil }
        world.tally.state("audit: valid", done.valid)
        world.tally.state("audit: undecided", done.undecided)
        world.tally.state("audit: suspect", done.suspect.count)
        world.tally.state("audit: from source", done.fromSource)
        world.tally.state("audit: from replicas", done.fromReplicas)
        return done
    }

    func heal() async -> HealResult? {
        let (tree, observer) = (files.tree, observer(Notes()))
        let result = await owner.perform("heal") { context in
            try await Heal(context, tree: tree, observer: observer).run()
        }
        ended("heal", result)
        guard let done = try? result.get() else { return nil }
        world.tally.state("heal: healed", done.healed)
        world.tally.state("heal: still below", done.stillBelow)
        world.tally.state("heal: unrecoverable", done.unrecoverable.count)
        return done
    }

    func renew() async {
        let result = await owner.perform("renew") { try await RenewLeases($0).run() }
        ended("renew", result)
        world.tally.state("renew: renewed", (try? result.get()) ?? 0)
    }

    /// Days in which nothing happens.
    private func pass() async {
        let days = world.plot { draw in draw.chance(0.7) ? draw.int(1...9) : draw.int(10...60) }
        // An owner that was away for most of a lease has itself to blame.
        if .seconds(86_400 * days) > world.profile.lease / 3 { world.oracle.noteHarm() }
        world.log("\(days) days pass")
        world.tally.state("days passed", days)
        world.scheduler.pass(.seconds(86_400 * days))
        try? await world.scheduler.sleep(for: .seconds(1))
        await renew()
    }

    // MARK: Losing the machine, finding it again

    @discardableResult
    func recover() async -> RecoverResult? {
        var result = await recover(withoutList: false)
        if case .failure(let error) = result, case RecoverError.unreadable = error, world.isQuiet {
            // Everybody is here and honest now, so the list is gone: what a person does who is told.
            if world.oracle.harm == 0, world.profile.liars.isEmpty {
                world.oracle.violate(.converges, "no list can be read, and nothing happened to any holder")
            }
            result = await recover(withoutList: true)
        }
        guard let done = try? result.get() else { return nil }
        state.withLock { $0.needsRecovery = false }
        if done.isListLost { world.tally.state("recover: without list") }
        world.tally.state("recover: chunks missing", done.missingChunks)
        return done
    }

    private func recover(withoutList: Bool) async -> Result<RecoverResult, any Error> {
        let observer = observer(Notes())
        let result = await owner.perform("recover") {
            try await Recover($0, observer: observer, withoutList: withoutList).run()
        }
        ended("recover", result)
        return result
    }

    private func loseMachine() async {
        guard !world.profile.isOwnerHolder else { return }
        world.tally.fault("owner's machine lost")
        owner.crash()
        owner.replaceDisk(world.ownerStorage())
        state.withLock { $0.needsRecovery = true }
        _ = await recover()
    }

    /// A copy of the owner's disk is started on another machine, by mistake, and both work.
    private func fork() async {
        guard !hasForked, !world.profile.isOwnerHolder else { return }
        state.withLock { $0.hasForked = true }
        world.tally.fault("owner runs twice")
        guard
            let copy = try? OwnerProcess(
                "copy of the owner", root: World.ownerRoot, storage: await owner.storage.copy(), tree: files.tree,
                clock: NodeClock(world.scheduler), ownNode: nil, settings: owner.settings, in: world)
        else { return }
        let side = world.spawn { [self] in _ = await backup(copy) }
        if world.plot({ $0.chance(0.5) }) { files.change() }
        _ = await backup(owner)
        await side.value
        copy.crash()
    }

    // MARK: Restoring

    private func restoreOne() async {
        guard let snapshots = try? await owner.context().catalog.snapshots(), !snapshots.isEmpty,
            let snapshot = world.plot({ $0.one(of: snapshots) })
        else { return }
        await inFamine(0.5) { await self.restore(snapshot) }
    }

    /// Sometimes most holders are away meanwhile, or all; or those that are honest.
    private func inFamine(_ odds: Double, _ body: () async -> Void) async {
        let away = world.plot { draw -> [HolderProcess] in
            guard draw.chance(odds) else { return [] }
            if !world.profile.liars.isEmpty, draw.chance(0.5) { return world.holders.filter { $0.lie == nil } }
            let first = draw.index(world.holders.count)
            let turned = world.holders[first...] + world.holders[..<first]
            return Array(turned.dropFirst(draw.int(0...world.profile.quorum - 1)))
        }
        await without(away, body)
    }

    /// With these holders away.
    private func without(_ away: [HolderProcess], _ body: () async -> Void) async {
        if !away.isEmpty { world.tally.fault("holders away") }
        for holder in away { holder.crash() }
        await body()
        for holder in away { await holder.start() }
    }

    /// 8: exactly what was backed up, or the name of what is not.
    @discardableResult
    func restore(_ snapshot: Snapshot) async -> Bool {
        let target = InMemoryTree()
        let notes = Notes()
        let observer = observer(notes)
        let result = await owner.perform("restore") { context in
            try await Restore(context, target: target.restoring(into: "/out"), observer: observer).run(
                snapshot, select: [])
        }
        ended("restore", result)
        guard let progress = try? result.get() else { return false }
        world.tally.state("restore: problems", progress.problems)
        guard let expected = kept[snapshot.id] else { return true }
        let found = target.sketch("/out")
        for (path, sketch) in expected.sketch.sorted(by: { $0.key < $1.key })
        where !expected.blurred.contains(path) && found[path] != sketch && !isBlurredLink(sketch, expected) {
            if notes.name(path) { continue }
            world.oracle.violate(
                .restoreExact, "\(path) of \(snapshot.id.short): \(Self.difference(sketch, found[path]))")
        }
        for path in found.keys where expected.sketch[path] == nil && !expected.blurred.contains(path) {
            world.oracle.violate(.restoreExact, "\(path) was not in \(snapshot.id.short)")
        }
        return progress.problems == 0
    }

    /// Which name of a file comes first may have changed with another one.
    private func isBlurredLink(_ sketch: InMemoryTree.Sketch, _ expected: Kept) -> Bool {
        sketch.kind == .file && !expected.blurred.isEmpty && expected.sketch.values.contains { $0.linkedTo != nil }
    }

    private static func difference(_ wanted: InMemoryTree.Sketch, _ found: InMemoryTree.Sketch?) -> String {
        guard let found else { return "is missing, and nothing says so" }
        if wanted.content != found.content {
            return "\(found.content.count) bytes instead of \(wanted.content.count), or others"
        }
        return "differs in kind, attributes, holes or links"
    }
}

/// What an operation told its observer.
final class Notes: Sendable {
    private let all = Mutex<[Note]>([])
    func add(_ note: Note) { all.withLock { $0.append(note) } }
    /// True when something is said of the path, or of a folder above it.
    func name(_ path: String) -> Bool {
        all.withLock {
            $0.contains { note in path == note.subject || path.hasPrefix(note.subject + "/") && !note.subject.isEmpty }
        }
    }
}
