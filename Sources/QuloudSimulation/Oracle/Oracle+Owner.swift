import QuloudCore
import Synchronization

/// What the oracle says to what an owner writes down.
extension Oracle {
    /// 3: each replica that counts was vouched for by its node.
    func counts(_ accepted: [AcceptedReplica]) {
        for one in accepted {
            let (chunk, node) = (one.replica.chunk, one.replica.node)
            let isVouched = state.withLock { state -> Bool in
                if state.vouched[chunk]?.contains(node) == true { return true }
                guard let model = state.nodes[node] else { return false }
                // Learnt in a recovery: told by the node itself, from its index.
                return !model.isHonest || model.kept[chunk]?.hasRow == true
            }
            if !isVouched {
                violate(.quorumCounted, "\(node.short) counts for \(chunk.short), and never vouched for it")
            }
        }
    }

    /// 7: proofs and losses against the truth.
    func judges(_ before: [Replica], _ after: [Replica]) {
        for judged in after {
            guard let old = before.first(where: { $0.node == judged.node && $0.chunk == judged.chunk }) else {
                continue
            }
            if case .valid = judged.state, judged.provenAt > old.provenAt { checkProof(judged) }
            if case .lost(let reason, _) = judged.state, old.state.counts {
                tally.state("lost: \(reason)")
                if reason != .silent, reason != .expired { checkLoss(judged, reason) }
            }
            if case .suspect = judged.state { tally.state("suspect") }
        }
    }

    private func checkProof(_ replica: Replica) {
        tally.state("proved")
        let isFalse = state.withLock { state -> Bool in
            guard let kept = state.nodes[replica.node]?.kept[replica.chunk] else { return true }
            guard let asked = kept.questionedAt else { return true }
            return kept.intactSince == nil && (kept.lastIntact ?? .seconds(-1)) < asked
        }
        if isFalse { violate(.auditTruth, "\(replica.node.short) proves \(replica.chunk.short), which it has not") }
    }

    private func checkLoss(_ replica: Replica, _ reason: LossReason) {
        let isFalse = state.withLock { state -> Bool in
            guard let model = state.nodes[replica.node], model.answersTruly, let kept = model.kept[replica.chunk],
                let since = kept.intactSince, let asked = kept.questionedAt
            else { return false }
            return since <= asked
        }
        if isFalse {
            violate(
                .auditTruth, "\(replica.node.short) is condemned (\(reason)) for \(replica.chunk.short), which it has")
        }
    }
}
