/// What an audit concludes about one replica: pure.
package enum AuditRule {
    /// What came of the challenge.
    package enum Finding: Sendable, Equatable {
        case proved
        /// The proof was wrong.
        case refuted
        /// The node says that it does not have the chunk.
        case admitted
        /// The node says that its copy is damaged.
        case damaged
        case silent
        /// The node answered that it could not read the chunk just now, or left it out of its answer.
        case withheld
        /// It answered, but there was nothing to compare its proof with: neither the source nor any holder, it included, gave
        /// the bytes.
        case undecided
    }

    package struct Terms: Sendable {
        package var now: Timestamp
        package var cover: Duration
        package var retryAfter: Duration
        package var grace: Duration
        /// Uniform in `0 ..< 1`.
        package var draw: Double
        package init(now: Timestamp, cover: Duration, retryAfter: Duration, grace: Duration, draw: Double) {
            self.now = now
            self.cover = cover
            self.retryAfter = retryAfter
            self.grace = grace
            self.draw = draw
        }
    }

    package static func judge(_ replica: Replica, _ finding: Finding, _ terms: Terms) -> Replica {
        var judged = replica
        switch finding {
        case .proved:
            judged.state = .valid
            judged.provenAt = terms.now
            judged.nextAudit = AuditSchedule.next(after: terms.now, cover: terms.cover, draw: terms.draw)
        case .refuted: judged.state = .lost(.refuted, at: terms.now)
        case .admitted: judged.state = .lost(.admitted, at: terms.now)
        case .damaged: judged.state = .lost(.damaged, at: terms.now)
        case .undecided where terms.now.since(replica.provenAt) < terms.cover + terms.grace:
            judged.nextAudit = terms.now.advanced(by: terms.retryAfter)
        // An excuse is no proof: it is good for the grace period, as silence is, or a node could live on excuses. The same
        // goes for what nobody could check for so long that it should have been proved meanwhile.
        case .silent, .withheld, .undecided:
            judged.nextAudit = terms.now.advanced(by: terms.retryAfter)
            judged.state = unproved(replica.state, finding, terms)
        }
        return judged
    }

    private static func unproved(_ state: ReplicaState, _ finding: Finding, _ terms: Terms) -> ReplicaState {
        switch state {
        case .suspect(let since, let tries):
            let isOver = terms.now.since(since) >= terms.grace
            return isOver ? .lost(.silent, at: terms.now) : .suspect(since: since, tries: tries + 1)
        case .valid:
            let isOver = terms.grace <= .zero && finding == .silent
            return isOver ? .lost(.silent, at: terms.now) : .suspect(since: terms.now, tries: 1)
        case .lost, .released: return state
        }
    }
}
