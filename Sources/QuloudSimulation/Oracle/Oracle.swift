import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// Knows what really is where, watches everything that happens, and says so when it must not.
final class Oracle: Sendable {
    struct State {
        var nodes: [NodeID: NodeModel] = [:]
        var mailboxes: [MailboxID: SealedBox.KeyPair] = [:]
        /// Receipts that nodes themselves sent.
        var vouched: [ChunkID: Set<NodeID>] = [:]
        /// Questions by where their answers go, with the chunks that they are about.
        var questions: [ReturnAddress: [ChunkID]] = [:]
        /// Bytes of chunks were lost by what the simulation did to holders, not by what they did.
        var harm = 0
        var violation: Violation?
    }
    let state = Mutex(State())
    let scheduler: Scheduler
    let tally: Tally
    private let secrets: [[UInt8]]

    /// - Parameter secrets: bytes that nobody but their owner may see.
    init(_ scheduler: Scheduler, tally: Tally, secrets: [[UInt8]]) {
        self.scheduler = scheduler
        self.tally = tally
        self.secrets = secrets
    }

    var violation: Violation? { state.withLock(\.violation) }
    var harm: Int { state.withLock(\.harm) }

    /// The first violation counts, and ends the world.
    func violate(_ invariant: Invariant, _ text: String) {
        state.withLock { state in
            if state.violation == nil { state.violation = Violation(invariant: invariant.rawValue, text: text) }
        }
        scheduler.stop()
    }

    func add(_ node: NodeID, clock: NodeClock, lie: Lie?) {
        state.withLock { $0.nodes[node] = NodeModel(clock: clock, lie: lie) }
    }
    func opens(_ mailbox: MailboxRecord, of keys: OwnerKeys) {
        guard let pair = try? keys.mailbox(epoch: mailbox.epoch) else { return }
        state.withLock { $0.mailboxes[mailbox.id] = pair }
    }

    // MARK: What stores confirm

    private func change(_ node: NodeID, _ chunk: ChunkID, _ edit: (inout NodeModel.Kept) -> Void) {
        let now = scheduler.uptime
        state.withLock { $0.nodes[node]?.change(chunk, now: now, edit) }
    }

    func put(_ blobs: [NamedBlob], at node: NodeID) {
        for blob in blobs {
            let chunk = state.withLock { state -> ChunkID? in
                state.nodes[node]?.loose.insert(blob.name)
                return state.nodes[node]?.chunks[blob.name]
            }
            guard let chunk else { continue }
            change(node, chunk) { kept in
                kept.hasBlob = true
                kept.isHarmed = false
            }
        }
    }

    /// A store that reported a failure may have kept some of what it was given; whoever reads it may adopt it.
    func reads(_ name: HoldingKey, at node: NodeID) {
        state.withLock { state in
            guard state.nodes[node]?.chunks[name] == nil else { return }
            state.nodes[node]?.loose.insert(name)
        }
    }

    func willCommit(_ holdings: [Holding], at node: NodeID) {
        for holding in holdings where holding.state == .damaged {
            let isWrong = state.withLock { state in
                state.nodes[node].map { $0.isHonest && $0.isIntact(holding.chunk) && $0.owes(holding.chunk) } ?? false
            }
            if isWrong { violate(.receiptKept, "\(node.short) gives up its whole copy of \(holding.chunk.short)") }
        }
    }

    func committed(_ holdings: [Holding], at node: NodeID) {
        for holding in holdings {
            let isThere = state.withLock { state in
                state.nodes[node]?.chunks[holding.key] = holding.chunk
                return state.nodes[node]?.loose.contains(holding.key) ?? false
            }
            change(node, holding.chunk) { kept in
                kept.key = holding.key
                kept.hasRow = holding.state != .damaged
                if isThere, !kept.hasBlob, kept.hasRow {
                    kept.hasBlob = true
                    kept.isHarmed = false
                }
                if kept.promisedUntil != nil { kept.promise(until: holding.leaseUntil) }
            }
        }
    }

    func removesRows(_ keys: [HoldingKey], at node: NodeID) {
        for key in keys {
            guard let chunk = state.withLock({ $0.nodes[node]?.chunks[key] }) else { continue }
            change(node, chunk) { $0.hasRow = false }
            checkKept(chunk, at: node, "removed its row")
        }
    }

    func removesBlobs(_ keys: [HoldingKey], at node: NodeID) {
        for key in keys {
            let chunk = state.withLock { state in
                state.nodes[node]?.loose.remove(key)
                return state.nodes[node]?.chunks[key]
            }
            guard let chunk else { continue }
            change(node, chunk) { $0.hasBlob = false }
            checkKept(chunk, at: node, "removed its blob")
        }
    }

    /// What is really there after a restart. What was written just then may be there or not; the rest must be.
    /// - Parameter rows: `nil` when the index was lost.
    func finds(_ rows: [Holding]?, _ blobs: Set<HoldingKey>, at node: NodeID) {
        let known = state.withLock { $0.nodes[node]?.kept ?? [:] }
        let present = rows.map { Set($0.filter { $0.state != .damaged }.map(\.key)) }
        state.withLock { $0.nodes[node]?.loose = blobs }
        for (chunk, kept) in known.sorted(by: { $0.key < $1.key }) {
            guard let key = kept.key else { continue }
            change(node, chunk) { kept in
                kept.hasBlob = blobs.contains(key)
                if let present { kept.hasRow = present.contains(key) }
            }
            checkKept(chunk, at: node, "lost at a restart its copy")
        }
        if let rows { committed(rows, at: node) }
    }

    func quarantines(_ key: HoldingKey, at node: NodeID) { removesBlobs([key], at: node) }

    func keptHead(_ sequence: UInt64, at node: NodeID) {
        state.withLock { state in
            guard let known = state.nodes[node]?.headSequence else { return }
            state.nodes[node]?.headSequence = max(known, sequence)
        }
    }

    // MARK: What is done to holders

    /// Something happened after which chunks may be lost.
    func noteHarm() { state.withLock { $0.harm += 1 } }

    /// A bit of the blob flips.
    func harm(_ chunk: ChunkID, at node: NodeID) {
        change(node, chunk) { $0.harm() }
        state.withLock { $0.harm += 1 }
    }

    /// Its rows are to come back from the blobs, with what was promised at first; heads and renewals are gone.
    func losesIndex(_ node: NodeID) {
        state.withLock { state in
            state.harm += 1
            state.nodes[node]?.headSequence = 0
        }
    }

    /// Everything at the node is gone.
    func wipe(_ node: NodeID) {
        for chunk in state.withLock({ $0.nodes[node]?.kept.keys.sorted() ?? [] }) {
            change(node, chunk) { kept in
                kept.key = nil
                kept.harm()
                kept.hasBlob = false
                kept.hasRow = false
            }
        }
        state.withLock { state in
            state.harm += 1
            state.nodes[node]?.loose = []
            state.nodes[node]?.chunks = [:]
            state.nodes[node]?.headSequence = 0
        }
    }

    /// A node that lies throws away what it has; an answer from before it began to do as it should changes nothing.
    func discards(_ node: NodeID) {
        guard state.withLock({ $0.nodes[node]?.isHonest }) == false else { return }
        for chunk in state.withLock({ $0.nodes[node]?.kept.keys.sorted() ?? [] }) {
            change(node, chunk) { $0.hasBlob = false }
        }
    }

    /// From now on the node does as it should; what it has not, it has not.
    func reform(_ node: NodeID) {
        state.withLock { state in
            guard var model = state.nodes[node], !model.isHonest else { return }
            model.isHonest = true
            model.answersTruly = true
            for chunk in model.kept.keys { model.kept[chunk]?.promisedUntil = nil }
            state.nodes[node] = model
        }
    }

    // MARK: Checks

    /// 2, by what the stores confirmed.
    private func checkKept(_ chunk: ChunkID, at node: NodeID, _ what: String) {
        let isOwed = state.withLock { state in
            state.nodes[node].map { $0.isHonest && $0.owes(chunk) && !$0.isIntact(chunk) } ?? false
        }
        if isOwed { violate(.receiptKept, "\(node.short) \(what) of \(chunk.short), which it promised to keep") }
    }

    /// 2, for everything that was promised.
    func checkPromises() {
        for (node, model) in state.withLock(\.nodes) where model.isHonest {
            for chunk in model.kept.keys { checkKept(chunk, at: node, "lost its copy") }
        }
    }

    /// 6.
    func sees(_ all: [[UInt8]], in what: @autoclosure () -> String) {
        for bytes in all {
            for secret in secrets where bytes.finds(secret) {
                violate(.secrecy, "\(what()) contains \(String(decoding: secret.prefix(14), as: UTF8.self))")
            }
        }
    }

    /// Nodes that have the chunk whole, and would give it to its owner.
    func holders(of chunk: ChunkID) -> [NodeID] {
        state.withLock { state in
            state.nodes.filter { $0.value.isHonest && $0.value.isIntact(chunk) }.keys.sorted()
        }
    }
}
