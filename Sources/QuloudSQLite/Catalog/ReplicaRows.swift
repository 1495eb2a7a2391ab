internal import QuloudCore
import QuloudCrypto

/// How replicas and their nodes lie in rows.
enum ReplicaRows {
    /// To be selected from `replicas r`, `chunks c` and `nodes n`, for `replica`.
    static let columns = """
        c.id, n.id, r.state, r.state_at, r.detail, r.since, r.proven_at, r.next_audit, r.lease_until
        """

    static func replica(_ row: Row) throws(DatabaseError) -> Replica {
        Replica(
            chunk: try row.id(0), node: try row.id(1), state: try state(row), since: row.time(5), provenAt: row.time(6),
            nextAudit: row.time(7), leaseUntil: row.time(8))
    }

    private static func state(_ row: Row) throws(DatabaseError) -> ReplicaState {
        switch row.integer(2) {
        case 0: .valid
        case 1: .suspect(since: row.time(3), tries: row.int(4))
        case 2: .lost(try row.choice(4), at: row.time(3))
        case 3: .released
        default: throw row.malformed(2)
        }
    }

    /// What `state`, `state_at` and `detail` are for a state.
    static func values(of state: ReplicaState) -> (state: Value, at: Value, detail: Value) {
        switch state {
        case .valid: (.integer(0), .null, .null)
        case .suspect(let since, let tries): (.integer(1), .time(since), .integer(tries))
        case .lost(let reason, let moment): (.integer(2), .time(moment), .integer(Int64(reason.rawValue)))
        case .released: (.integer(3), .null, .null)
        }
    }

    /// The beginning of a chunk's id, as a number ordered as ids are.
    static func ordinal(of chunk: ChunkID) -> Value {
        .ordered(chunk.value.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) })
    }

    static func node(_ row: Row) throws(DatabaseError) -> KnownNode {
        KnownNode(id: try row.id(0), agreementKey: try row.id(1), label: row.text(2), lastSeen: row.time(3))
    }

    static func learn(_ node: KnownNode, _ database: Database) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO nodes (id, agreement_key, label, last_seen) VALUES (?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET agreement_key = excluded.agreement_key, label = excluded.label,
                last_seen = max(last_seen, excluded.last_seen)
            """, .id(node.id), .id(node.agreementKey), .text(node.label), .time(node.lastSeen))
    }
}
