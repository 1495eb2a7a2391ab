package import QuloudCore
import Synchronization

/// A broker in memory: write-once data, lanes and queues with redelivery, mailboxes, questions and answers. Many parties
/// share one fabric, each through a connection of its own. Faults are injected from outside; every byte that crosses can
/// be watched.
package final class SimulatedFabric: Sendable {
    /// How the broker behaves.
    package struct Rules: Sendable {
        /// A delivery that is not settled comes again after this time.
        package var redeliverAfter: Duration = .seconds(30)
        /// Bytes of sealed chunks that fit; more is refused as `.full`.
        package var dataBytesMax = Int.max
        /// Tickets that fit.
        package var ticketsMax = Int.max
        /// Questions that one node works on at a time, and that may wait for it.
        package var questionsAtOnce = 8
        package var questionsWaitingMax = 256
        /// Waits for answers as long as nodes work on them, and no longer: no timeout strikes because the machine is slow,
        /// an answer that a node keeps to itself takes no time, and a question to all ends when all have answered.
        package var hurries = true
        /// Keeps earlier states for `forget(last:)`.
        package var remembersPast = false
        package init() {}

        func patience(_ given: Duration) -> Duration { hurries ? .seconds(86_400) : given }
    }

    struct DataKey: Hashable {
        let mailbox: MailboxID
        let chunk: ChunkID
    }
    enum QueueName: Hashable {
        case tickets(TicketAddress)
        case receipts(MailboxID)
    }
    struct Message {
        let id: UInt64
        let payload: [UInt8]
        var attempt = 0
        /// Not delivered before this moment: delayed, or being worked on.
        var notBefore: Duration
    }
    /// What the broker has on its disk.
    struct Kept {
        var data: [DataKey: [UInt8]] = [:]
        var dataBytes = 0
        var queues: [QueueName: [Message]] = [:]
    }
    struct State {
        var rules: Rules
        var reachable = true
        var closed = false
        var kept = Kept()
        /// Earlier states, oldest first.
        var past: [(at: Duration, kept: Kept)] = []
        var openMailboxes: Set<MailboxID> = []
        var servers: [NodeID: [Server]] = [:]
        var inboxes: [ReturnAddress: Inbox] = [:]
        var nextID: UInt64 = 0
        var fate: @Sendable (Crossing) -> Fate = { _ in .pass }
        var taps: [@Sendable (Crossing) -> Void] = []

        var data: [DataKey: [UInt8]] {
            get { kept.data }
            _modify { yield &kept.data }
        }
        var dataBytes: Int {
            get { kept.dataBytes }
            _modify { yield &kept.dataBytes }
        }
        var queues: [QueueName: [Message]] {
            get { kept.queues }
            _modify { yield &kept.queues }
        }

        mutating func number() -> UInt64 {
            nextID += 1
            return nextID
        }
    }
    struct Inbox {
        let kind: QuestionKind
        var answers: [(node: NodeID, bytes: [UInt8])] = []
        /// Questions that are still being answered.
        var open = 0
    }

    let state: Mutex<State>
    let bell = Bell()
    let time: any TimeSource

    package init(time: any TimeSource = TestTime(), rules: Rules = Rules()) {
        self.time = time
        state = Mutex(State(rules: rules))
    }

    /// A connection for an owner.
    package func owner() -> SimulatedConnection { SimulatedConnection(self) }
    /// A connection for a holder.
    /// - Parameter node: whose it is, for those who watch the crossings.
    package func holder(_ node: NodeID? = nil) -> SimulatedConnection { SimulatedConnection(self, party: node) }

    // MARK: Faults

    /// Decides what becomes of each crossing from now on; called outside any lock.
    package func intercept(_ fate: @escaping @Sendable (Crossing) -> Fate) { change { $0.fate = fate } }
    /// Shows every crossing, as it was sent, and what is delivered instead if it was replaced.
    package func tap(_ watch: @escaping @Sendable (Crossing) -> Void) { change { $0.taps.append(watch) } }
    package func setRules(_ edit: (inout Rules) -> Void) { change { edit(&$0.rules) } }
    /// The broker goes away for all, or comes back with what it had.
    package func setReachable(_ reachable: Bool) { change { $0.reachable = reachable } }

    /// The broker loses all that it keeps: sealed chunks, tickets and receipts.
    package func forgetEverything() {
        change { state in
            state.kept = Kept()
            state.past = []
        }
    }

    /// The broker's machine loses power: whatever it was told within `period` is undone, what was settled comes back.
    package func forget(last period: Duration) {
        let moment = time.uptime - period
        change { state in
            state.kept = state.past.last { $0.at <= moment }?.kept ?? Kept()
            state.past.removeAll { $0.at > moment }
        }
    }

    /// What a broker that syncs its files now and then would come back with.
    private func remember() {
        let now = time.uptime
        state.withLock { state in
            guard state.rules.remembersPast else { return }
            if let last = state.past.last, now - last.at < .seconds(5) { return }
            state.past.append((now, state.kept))
            if state.past.count > 64 { state.past.removeFirst(32) }
        }
    }

    /// Ends every `serve`, and refuses everything from now on.
    package func close() {
        let servers = state.withLock { state in
            state.closed = true
            // Whoever watches may hold on to the fabric.
            state.taps = []
            state.fate = { _ in .pass }
            defer { state.servers = [:] }
            return state.servers.values.flatMap { $0 }
        }
        for server in servers { server.questions.close() }
        bell.ring()
    }

    // MARK: What the broker has

    package var dataCount: Int { state.withLock(\.data.count) }
    package var ticketCount: Int {
        state.withLock { state in
            state.queues.reduce(0) { sum, queue in
                if case .tickets = queue.key { return sum + queue.value.count }
                return sum
            }
        }
    }
    package func receiptCount(in mailbox: MailboxID) -> Int {
        state.withLock { $0.queues[.receipts(mailbox)]?.count ?? 0 }
    }
    package var nodesServing: Set<NodeID> { state.withLock { Set($0.servers.keys) } }

    /// Returns when these nodes serve questions.
    package func waitUntilServing(_ nodes: [NodeID]) async {
        while !Task.isCancelled {
            let seen = bell.rings
            if nodesServing.isSuperset(of: nodes) { return }
            await bell.wait(after: seen)
        }
    }

    /// Puts an answer where whoever asked looks for it.
    func put(_ arrival: Arrival, from node: NodeID, for question: Question) {
        change { state in
            for _ in 0..<arrival.copies {
                state.inboxes[question.returnAddress]?.answers.append((node, arrival.bytes))
            }
            state.inboxes[question.returnAddress]?.open -= 1
        }
    }

    /// Does something at once, or after a delay.
    func later(_ delay: Duration, _ body: @escaping @Sendable () -> Void) {
        guard delay > .zero else { return body() }
        Task { [time] in
            try? await time.sleep(for: delay)
            body()
        }
    }

    func change(_ edit: (inout State) -> Void) {
        state.withLock { edit(&$0) }
        bell.ring()
    }

    /// Shows a crossing and returns what arrives, how often and how much later.
    func cross(_ crossing: Crossing) -> Arrival {
        remember()
        let (fate, taps) = state.withLock { ($0.fate, $0.taps) }
        for tap in taps { tap(crossing) }
        switch fate(crossing) {
        case .pass: return Arrival(bytes: crossing.bytes)
        case .drop: return Arrival(bytes: crossing.bytes, copies: 0)
        case .duplicate: return Arrival(bytes: crossing.bytes, copies: 2)
        case .replace(let bytes): return Arrival(bytes: bytes)
        case .delay(let delay): return Arrival(bytes: crossing.bytes, delay: delay)
        case .unconfirmed: return Arrival(bytes: crossing.bytes, isConfirmed: false)
        }
    }

    /// What comes of a crossing.
    struct Arrival {
        let bytes: [UInt8]
        var copies = 1
        var delay: Duration = .zero
        var isConfirmed = true
    }
}

/// One node's ear.
final class Server: Sendable {
    let node: NodeID
    let connection: SimulatedConnection
    let questions = WorkQueue<Question>()
    /// How many wait; nothing is added once it ended.
    let load = Mutex((waiting: 0, ended: false))

    init(node: NodeID, connection: SimulatedConnection) {
        self.node = node
        self.connection = connection
    }
}
