import QuloudCore
import QuloudCrypto
import QuloudSystem
import QuloudTestKit
import Synchronization

/// One seed's world: nodes, a broker, what goes wrong, and who watches.
final class World: Sendable {
    let seed: UInt64
    let profile: Profile
    let scheduler: Scheduler
    let fabric: SimulatedFabric
    let oracle: Oracle
    let tally: Tally
    let plot: SharedDraw
    /// Nodes keep their things in files, as they do outside, on disks that lose what was not synced.
    let isReal: Bool
    private let network: SharedDraw
    private let isVerbose: Bool
    private struct State {
        var holders: [HolderProcess] = []
        var tasks: [Int: Task<Void, Never>] = [:]
        var nextTask = 0
        var processes: UInt64 = 0
        var isQuiet = false
        var underway = "the start"
        var ears: [@Sendable (Crossing) -> Void] = []
        var disks: [RealDisk] = []
        var proofs: [NodeID: [ProofAnswer]] = [:]
        var previous: [Crossing.Kind: [UInt8]] = [:]
    }
    private let state = Mutex(State())

    init(seed: UInt64, tally: Tally, isVerbose: Bool) {
        self.seed = seed
        self.isVerbose = isVerbose
        self.tally = tally
        var draw = Draw(seed: seed, stream: 3)
        profile = Profile(&draw)
        plot = SharedDraw(seed: seed, stream: 4)
        network = SharedDraw(seed: seed, stream: 5)
        var kind = Draw(seed: seed, stream: 6)
        isReal = kind.chance(0.25)
        scheduler = Scheduler(seed: seed)
        var rules = SimulatedFabric.Rules()
        rules.hurries = false
        rules.remembersPast = true
        fabric = SimulatedFabric(time: NodeClock(scheduler), rules: rules)
        oracle = Oracle(scheduler, tally: tally, secrets: World.secrets)
        scheduler.setSlowness(profile.slowness)
        fabric.tap { [weak self] in self?.see($0) }
        fabric.intercept { [weak self] in self?.fate(of: $0) ?? .pass }
    }

    static let ownerRoot = [UInt8](repeating: 0xA7, count: 31) + [1]
    static func nodeSecret(_ number: Int) -> [UInt8] { [UInt8](repeating: 0x5C, count: 31) + [UInt8(number)] }
    /// What nobody may see: the mark of every file and name, and the part that the keys of a kind share.
    private static let secrets = [Files.marker, Array(ownerRoot.dropLast()), Array(nodeSecret(0).dropLast())]

    var holders: [HolderProcess] { state.withLock(\.holders) }
    func add(_ holder: HolderProcess) { state.withLock { $0.holders.append(holder) } }
    var isQuiet: Bool { state.withLock(\.isQuiet) }
    func becomeQuiet() {
        state.withLock { $0.isQuiet = true }
        scheduler.setSlowness(0)
    }

    /// Randomness of a process that starts: never the same twice.
    func freshEntropy() -> SeededEntropy {
        let number = state.withLock { state in
            state.processes += 1
            return state.processes
        }
        return SeededEntropy(seed: seed &* 0x2545_F491_4F6C_DD1D &+ number)
    }

    func log(_ text: @autoclosure () -> String) {
        guard isVerbose else { return }
        let milliseconds = String(scheduler.uptime.wholeMilliseconds)
        let indent = String(repeating: " ", count: max(0, 11 - milliseconds.count))
        StandardStream.output.write("\(indent)\(milliseconds) ms  \(text())\n")
    }

    // MARK: Tasks

    /// A task that the world waits for at its end.
    func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        let id = state.withLock { state in
            state.nextTask += 1
            return state.nextTask
        }
        let task = Task { [weak self] in
            await body()
            self?.state.withLock { _ = $0.tasks.removeValue(forKey: id) }
        }
        state.withLock { $0.tasks[id] = task }
        return task
    }

    /// Cancels everything that still runs.
    func end() {
        becomeQuiet()
        for holder in holders { holder.crash() }
        fabric.close()
        for task in state.withLock({ $0.tasks.sorted { $0.key < $1.key } }) { task.value.cancel() }
    }
    /// Nothing of it runs any more: its disks go.
    func release() {
        let disks = state.withLock { state in
            defer {
                state.disks = []
                state.holders = []
                state.ears = []
            }
            return state.disks
        }
        for disk in disks { disk.remove(tally) }
    }
    func add(_ disk: RealDisk) { state.withLock { $0.disks.append(disk) } }
    var underway: String { state.withLock(\.underway) }
    func begins(_ operation: String) { state.withLock { $0.underway = operation } }
    var unfinished: Int { state.withLock(\.tasks.count) }

    // MARK: The fabric

    func overhear(_ ear: @escaping @Sendable (Crossing) -> Void) { state.withLock { $0.ears.append(ear) } }

    private func see(_ crossing: Crossing) {
        scheduler.record(crossing.bytes.prefix(256))
        oracle.watch(crossing)
        switch crossing.kind {
        case .answer(.prove):
            if let node = crossing.node, profile.liars.values.contains(.copycat) { learn(crossing, from: node) }
        default: break
        }
        for ear in state.withLock(\.ears) { ear(crossing) }
    }

    private func learn(_ crossing: Crossing, from node: NodeID) {
        // The proofs of an answer lie behind its node and count, each with a byte before it.
        let body = crossing.bytes.dropFirst(MessageKind.prefixCount + 34).dropLast(64)
        var proofs: [ProofAnswer] = []
        var rest = body
        while rest.count >= 33, rest.first == 0, let proof = Bytes32(Array(rest.dropFirst().prefix(32))) {
            proofs.append(.proof(proof))
            rest = rest.dropFirst(33)
        }
        state.withLock { $0.proofs[node] = proofs }
    }

    func provedByOthers(than node: NodeID) -> [ProofAnswer] {
        state.withLock { state in state.proofs.filter { $0.key != node }.min { $0.key < $1.key }?.value ?? [] }
    }

    private func fate(of crossing: Crossing) -> Fate {
        guard !isQuiet, profile.weather != .calm else { return .pass }
        let fate = network { draw -> Fate in
            let profile = profile
            if draw.chance(profile.drop) { return .drop }
            if draw.chance(profile.double) { return .duplicate }
            if draw.chance(profile.delay) {
                return .delay(draw.chance(0.8) ? draw.milliseconds(1...3000) : draw.seconds(3...400))
            }
            if draw.chance(profile.damage) { return .replace(damaged(crossing, &draw)) }
            if draw.chance(profile.unconfirmed) { return .unconfirmed }
            return .pass
        }
        state.withLock { $0.previous[crossing.kind] = crossing.bytes }
        note(fate, crossing.kind)
        return fate
    }

    private func damaged(_ crossing: Crossing, _ draw: inout Draw) -> [UInt8] {
        var bytes = crossing.bytes
        switch draw.index(4) {
        case 0: return state.withLock { $0.previous[crossing.kind] } ?? []
        case 1: return Array(bytes.prefix(draw.index(bytes.count + 1)))
        default:
            guard !bytes.isEmpty else { return [1] }
            bytes[draw.index(bytes.count)] ^= UInt8(1 << draw.index(8))
            return bytes
        }
    }

    private func note(_ fate: Fate, _ kind: Crossing.Kind) {
        let name: String
        switch fate {
        case .pass: return
        case .drop: name = kind == .receipts ? "receipts confirmed, and lost" : "message dropped"
        case .duplicate: name = "message doubled"
        case .delay: name = "message delayed"
        case .replace: name = "message damaged"
        case .unconfirmed: name = kind == .receipts ? "receipts kept, not confirmed" : "message kept, not confirmed"
        }
        tally.fault(name)
        log("fault: \(name) (\(kind))")
    }
}
