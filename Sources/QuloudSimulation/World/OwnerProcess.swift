import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// An owner: a disk, keys, files and a clock that last, and a process that comes and goes.
final class OwnerProcess: Sendable {
    private struct State {
        var context: OwnerContext?
        var connection: SimulatedConnection?
        var life = 0
        var operation: (name: String, cancel: @Sendable () -> Void)?
    }

    let name: String
    let keys: OwnerKeys
    let clock: NodeClock
    let tree: InMemoryTree
    let settings: OwnerSettings
    private let ownNode: NodeID?
    private let world: World
    private let disk: Mutex<any OwnerStorage>
    private let state = Mutex(State())

    init(
        _ name: String, root: [UInt8], storage: any OwnerStorage, tree: InMemoryTree, clock: NodeClock,
        ownNode: NodeID?,
        settings: OwnerSettings, in world: World
    ) throws {
        self.name = name
        keys = try OwnerKeys(root: SecretBytes(copying: root))
        self.tree = tree
        self.clock = clock
        self.ownNode = ownNode
        self.settings = settings
        self.world = world
        disk = Mutex(storage)
    }

    var storage: any OwnerStorage { disk.withLock { $0 } }
    /// What is being done now.
    var operation: String? { state.withLock { $0.operation?.name } }
    /// Everything on the owner's machine is lost, but the keys.
    func replaceDisk(_ storage: any OwnerStorage) { disk.withLock { $0 = storage } }

    /// What the process works with; starts it if it does not run.
    func context() async -> OwnerContext {
        if let context = state.withLock(\.context) { return context }
        let life = state.withLock { state in
            state.life += 1
            return state.life
        }
        while true {
            do {
                let context = try await open()
                let connection = world.fabric.owner()
                let whole = context(connection)
                let isCurrent = state.withLock { state in
                    guard state.life == life else { return false }
                    state.context = whole
                    state.connection = connection
                    return true
                }
                if isCurrent { world.log("\(name) runs") }
                return isCurrent ? whole : await self.context()
            } catch {
                world.log("\(name) cannot start: \(error)")
                try? await clock.sleep(for: .seconds(5))
            }
        }
    }

    private func open() async throws -> (SimulatedConnection) -> OwnerContext {
        let (keys, oracle) = (keys, world.oracle)
        let watch = OwnerWatch(
            counts: { oracle.counts($0) }, judges: { oracle.judges($0, $1) }, opens: { oracle.opens($0, of: keys) })
        let catalog = try await storage.open(watch)
        let entropy = world.freshEntropy()
        return { [self] connection in
            OwnerContext(
                keys: keys, catalog: catalog, fabric: connection, time: clock, entropy: entropy, settings: settings,
                ownNode: ownNode)
        }
    }

    var isOwn: @Sendable (MailboxID) async -> Bool {
        { [weak self] mailbox in
            guard let context = self?.state.withLock(\.context) else { return true }
            return (try? await context.catalog.mailboxes().contains { $0.id == mailbox }) ?? true
        }
    }

    /// Runs one operation to its end, which may be a crash. The error is what the operation threw.
    func perform<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable (OwnerContext) async throws -> Value
    ) async -> Result<Value, any Error> {
        let context = await context()
        world.begins(name)
        let life = state.withLock(\.life)
        let promise = Promise<Value>()
        let task = world.spawn {
            do { promise.fulfil(.success(try await body(context))) } catch { promise.fulfil(.failure(error)) }
        }
        state.withLock {
            $0.operation = (
                name,
                {
                    task.cancel()
                    promise.fulfil(.failure(Crashed()))
                }
            )
        }
        do {
            let value = try await promise.value()
            state.withLock { $0.operation = nil }
            return .success(value)
        } catch {
            state.withLock { $0.operation = nil }
            let isAlive = state.withLock { $0.life == life }
            world.oracle.sees([Array("\(error)".utf8)], in: "an error of \(name)")
            if isAlive, await storage.isDegraded() {
                world.tally.state("degraded owner restarted")
                crash()
            }
            return .failure(isAlive ? error : Crashed())
        }
    }

    func crash() {
        let (connection, operation) = state.withLock { state in
            state.life += 1
            defer {
                state.context = nil
                state.connection = nil
                state.operation = nil
            }
            return (state.connection, state.operation)
        }
        storage.crash()
        connection?.setCut(true)
        if let operation { world.tally.state("owner killed during \(operation.name)") }
        operation?.cancel()
        world.log("\(name) is killed")
    }

    /// Its network is down, or up again.
    func setCut(_ cut: Bool) { state.withLock(\.connection)?.setCut(cut) }
}

/// The process was killed in the middle of it.
struct Crashed: Error {}
