import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// What the oracle learns from what crosses the fabric.
extension Oracle {
    func watch(_ crossing: Crossing) {
        sees([crossing.bytes], in: "a message (\(crossing.kind))")
        switch crossing.kind {
        case .receipts: watchReceipts(crossing)
        case .question(.prove): watchChallenge(crossing)
        case .question(.release): watchRelease(crossing, .releaseRequest)
        case .question(.commit): watchRelease(crossing, .storeCommit)
        case .question(.retrieve): watchRetrieval(crossing)
        case .answer(.retrieve): watchBytes(crossing)
        default: break
        }
    }

    /// 1, for every receipt that a node sends of its own.
    private func watchReceipts(_ crossing: Crossing) {
        guard let mailbox = crossing.mailbox, let keys = state.withLock({ $0.mailboxes[mailbox] }),
            let opened = try? ReceiptEnvelope.open(crossing.bytes, with: keys)
        else { return }
        for signed in opened.genuine where signed.receipt.node == crossing.sender {
            let receipt = signed.receipt
            tally.state("receipt sent")
            let isEarly = state.withLock { state -> Bool in
                state.vouched[receipt.chunk, default: []].insert(receipt.node)
                guard let model = state.nodes[receipt.node], model.isHonest else { return false }
                let kept = model.kept[receipt.chunk]
                let isExcused =
                    kept?.isReleased == true || kept?.isHarmed == true || receipt.leaseUntil <= model.clock.latest
                return !model.isIntact(receipt.chunk) && !isExcused
            }
            if isEarly {
                violate(.receiptDurable, "\(receipt.node.short) vouches for \(receipt.chunk.short), which it has not")
            }
            promise(receipt)
        }
    }

    private func promise(_ receipt: Receipt) {
        let now = scheduler.uptime
        state.withLock { state in
            state.nodes[receipt.node]?.change(receipt.chunk, now: now) { $0.promise(until: receipt.leaseUntil) }
        }
    }

    private func watchChallenge(_ crossing: Crossing) {
        guard let node = crossing.node, let (request, _) = try? ProofRequest.parse(crossing.bytes) else { return }
        let now = scheduler.uptime
        state.withLock { state in
            for chunk in request.chunks { state.nodes[node]?.change(chunk, now: now) { $0.questionedAt = now } }
        }
    }

    private func watchRelease(_ crossing: Crossing, _ kind: MessageKind) {
        guard let node = crossing.node, let (request, _) = try? OwnershipRequest.parse(crossing.bytes, as: kind) else {
            return
        }
        if case .commit(let winners) = request.terms, winners.contains(node) { return }
        let now = scheduler.uptime
        state.withLock { state in
            for chunk in request.chunks { state.nodes[node]?.change(chunk, now: now) { $0.isReleased = true } }
        }
    }

    private func watchRetrieval(_ crossing: Crossing) {
        guard let address = crossing.returnAddress,
            let (request, _) = try? OwnershipRequest.parse(crossing.bytes, as: .retrieveRequest)
        else { return }
        state.withLock { $0.questions[address] = request.chunks }
    }

    /// 2: never wrong bytes.
    private func watchBytes(_ crossing: Crossing) {
        guard let address = crossing.returnAddress, let node = crossing.node,
            let chunk = state.withLock({ $0.questions[address]?.first }),
            state.withLock({ $0.nodes[node]?.isHonest }) == true
        else { return }
        if SealedChunk.id(of: crossing.bytes) == chunk { return tally.state("chunk returned") }
        // An outcome is short, signed and says so; anything else is no answer an honest holder gives.
        guard crossing.bytes.count < 200, crossing.bytes.starts(with: Self.outcomeStart) else {
            return violate(.receiptKept, "\(node.short) returns wrong bytes for \(chunk.short)")
        }
        tally.state("retrieval refused")
    }

    private static let outcomeStart = WireWriter(.outcome, capacity: 8).bytes
}
