import QuloudCore
import QuloudCrypto
import QuloudTestKit

/// A whole fabric in one process: a simulated broker, holders and owners with all that they keep in memory.
final class World: Sendable {
    /// Twenty times as fast as the real thing.
    let time = TestTime(speed: 20)
    let fabric: SimulatedFabric
    /// Every byte that crossed the fabric.
    let crossings = Shared<[Crossing]>([])
    private let running = Shared<[TestHolder]>([])

    private init() {
        fabric = SimulatedFabric(time: time)
        let crossings = crossings
        fabric.tap { crossing in crossings.withLock { $0.append(crossing) } }
    }

    /// Runs `body` in a world with some holders, numbered from 1.
    static func with(
        holders count: Int, _ body: (World, [TestHolder]) async throws -> Void
    ) async throws {
        let world = World()
        var holders: [TestHolder] = []
        for number in 0..<count { holders.append(try await world.join(UInt8(number + 1))) }
        do {
            try await body(world, holders)
        } catch {
            await world.end()
            throw error
        }
        await world.end()
    }

    /// A further holder.
    func join(_ number: UInt8, edit: (inout HolderSettings) -> Void = { _ in }) async throws -> TestHolder {
        let holder = try TestHolder(number, in: self, edit: edit)
        running.withLock { $0.append(holder) }
        await fabric.waitUntilServing([holder.id])
        return holder
    }

    func owner(_ root: UInt8 = 1, ownNode: NodeID? = nil, edit: (inout OwnerSettings) -> Void = { _ in }) throws
        -> TestOwner
    {
        try TestOwner(root, in: self, ownNode: ownNode, edit: edit)
    }

    private func end() async {
        for holder in running.value { await holder.stop() }
        // What cheats and watches holds on to what it was given to: nothing of a world is to outlive it.
        for holder in running.value {
            holder.cheat.withLock { $0 = nil }
            holder.isOwnMailbox.withLock { $0 = { _ in false } }
        }
        fabric.close()
    }
}

/// A holder with its services running.
final class TestHolder: Sendable {
    typealias Answer = @Sendable (Question) async -> [UInt8]?
    let keys: NodeKeys
    let index = InMemoryChunkIndex()
    let blobs = InMemoryBlobStore()
    let connection: SimulatedConnection
    let context: HolderContext
    let isOwnMailbox = Shared<@Sendable (MailboxID) async -> Bool>({ _ in false })
    /// Takes the place of the honest answer, which it is given to use.
    let cheat = Shared<(@Sendable (Question, _ honest: Answer) async -> [UInt8]?)?>(nil)
    /// What answers questions, unless the holder cheats.
    let honest: AnswerQuestions
    private let tasks: Shared<[Task<Void, Never>]>

    var id: NodeID { keys.id }

    fileprivate init(_ number: UInt8, in world: World, edit: (inout HolderSettings) -> Void) throws {
        keys = try NodeKeys(secret: SecretBytes(copying: [UInt8](repeating: number, count: 32)))
        connection = world.fabric.holder()
        var settings = HolderSettings()
        settings.capacityBytes = 1 << 32
        settings.reserveFreeBytes = 0
        settings.label = "holder \(number)"
        edit(&settings)
        let isOwn = isOwnMailbox
        context = HolderContext(
            keys: keys, index: index, heads: index, blobs: blobs, fabric: connection, time: world.time,
            entropy: SeededEntropy(seed: UInt64(number)), settings: settings,
            isOwn: { await isOwn.value($0) }, note: { _ in })
        let (context, connection, cheat, id) = (context, connection, cheat, keys.id)
        let honest = AnswerQuestions(context)
        self.honest = honest
        tasks = Shared([
            Task { await AcceptChunks(context).run() },
            Task {
                try? await connection.serve(as: id) { question in
                    guard let cheat = cheat.value else { return await honest.answer(question) }
                    return await cheat(question) { await honest.answer($0) }
                }
            },
        ])
    }

    func stop() async {
        for task in tasks.value { task.cancel() }
        for task in tasks.value { await task.value }
    }

    func holdings() async throws -> [Holding] { try await index.holdings(after: nil, limit: 100_000) }

    /// Loses all blobs and goes on answering.
    func deleteBlobs(_ count: Int = .max) async throws {
        try await blobs.remove(Array(try await blobs.names(after: nil, limit: 100_000).prefix(count)))
    }
}

/// An owner with a catalog and files of its own.
struct TestOwner: Sendable {
    let context: OwnerContext
    let catalog: InMemoryOwnerCatalog
    let connection: SimulatedConnection
    let tree: InMemoryTree
    let notes = Shared<[Note]>([])
    let time: TestTime

    fileprivate init(
        _ root: UInt8, in world: World, ownNode: NodeID?, edit: (inout OwnerSettings) -> Void
    ) throws {
        var settings = OwnerSettings()
        // Time runs fast here, and on a busy machine a short outage becomes a long one.
        settings.placement.giveUpAfter = .seconds(2000)
        settings.placement.brokerPatience = .seconds(2000)
        edit(&settings)
        catalog = InMemoryOwnerCatalog()
        connection = world.fabric.owner()
        tree = InMemoryTree()
        time = world.time
        context = OwnerContext(
            keys: try Fixture.owner([UInt8](repeating: root, count: 32)), catalog: catalog, fabric: connection,
            time: world.time, entropy: SystemEntropy(), settings: settings, ownNode: ownNode)
    }

    private var observer: Observer {
        { [notes] activity in
            if case .note(let note) = activity { notes.withLock { $0.append(note) } }
        }
    }

    @discardableResult
    func backup(_ paths: [String] = ["/home"]) async throws -> BackupResult {
        try await Backup(context, tree: tree, observer: observer).run(
            paths.map { InMemoryTree.path($0) }, label: "label", host: "host", excluded: [])
    }

    /// What a restore of all of it, or of some paths, gives.
    func restore(_ snapshot: Snapshot, select: [String] = []) async throws -> [String: InMemoryTree.Sketch] {
        let target = InMemoryTree()
        _ = try await Restore(context, target: target.restoring(into: "/out"), observer: observer).run(
            snapshot, select: select.compactMap { TreePath(Array($0.utf8)) })
        return target.sketch("/out")
    }

    /// What a whole restore of `/home` is to give.
    var original: [String: InMemoryTree.Sketch] { tree.sketch("/").filter { $0.key.hasPrefix("home") } }

    func audit(_ scope: Audit.Scope = .all(on: nil)) async throws -> AuditResult {
        try await Audit(context, tree: tree, observer: observer).run(scope)
    }
    func heal() async throws -> HealResult { try await Heal(context, tree: tree, observer: observer).run() }
    func recover(withoutList: Bool = false) async throws -> RecoverResult {
        try await Recover(context, observer: observer, withoutList: withoutList).run()
    }

    /// Nodes with a counting replica, for each chunk.
    func replicaMap() async throws -> [ChunkID: Set<NodeID>] {
        var map: [ChunkID: Set<NodeID>] = [:]
        for replica in try await catalog.replicas(after: nil, on: nil, limit: 100_000) {
            map[replica.chunk, default: []].insert(replica.node)
        }
        return map
    }

    /// Waits while notes of an earlier moment must become old enough to be remembered, and for much longer things.
    func pass(_ duration: Duration) { time.pass(duration) }
}

/// Fresh randomness: nonces must not repeat between owners and runs.
struct SystemEntropy: Entropy {
    func bytes(_ count: Int) -> [UInt8] { RandomSource.bytes(count) }
}

extension InMemoryTree {
    /// A folder with everything that a file system has, some megabytes of it.
    func fillHome(seed: UInt64 = 1) {
        makeDirectory("/home/empty folder")
        write("/home/empty", [])
        write("/home/one", [7])
        for number in 0..<200 { write("/home/small/\(number).txt", testText(50 + number * 37)) }
        for number in 0..<20 {
            write("/home/medium/\(number)", testBytes(20_000 + number * 4000, seed: seed + UInt64(number)))
        }
        write("/home/large", testBytes(2_500_000, seed: seed + 100))
        write("/home/text", testText(900_000))
        write("/home/copy of large", testBytes(2_500_000, seed: seed + 100))
        writeSparse(
            "/home/sparse", size: 5_000_000, pieces: [(4096, testBytes(300_000, seed: seed)), (4_900_000, [1, 2, 3])])
        symlink("/home/link", to: "../elsewhere")
        link("/home/small/hard link", to: "/home/large")
        special("/home/pipe")
        write(
            "/home/attributes", [1, 2],
            EntryAttributes(
                mode: 0o4751, user: 33, group: 44, modifiedSeconds: -1, modifiedNanoseconds: 5,
                xattrs: [ExtendedAttribute(name: Array("user.x".utf8), value: [0, 255])]))
    }
}
