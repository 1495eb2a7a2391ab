/// What must hold whatever happens, by the names that failures are reported with.
enum Invariant: String, Sendable, CaseIterable {
    /// 1: no receipt leaves a holder before blob and index row are durable.
    case receiptDurable = "receipt-durable"
    /// 2: what a receipt promised is kept, and never are wrong bytes returned.
    case receiptKept = "receipt-kept"
    /// 3: only what distinct nodes vouched for counts.
    case quorumCounted = "quorum-counted"
    /// 4: recovering again gives the same.
    case recoveryIdempotent = "recovery-idempotent"
    /// 5: in a quiet network every chunk reaches its replicas, or the owner is told.
    case converges
    /// 6: no plaintext, name or secret leaves the owner.
    case secrecy
    /// 7: proofs of those who have the bytes are accepted, and no others.
    case auditTruth = "audit-truth"
    /// 8: a restore is exact, or says what is not.
    case restoreExact = "restore-exact"
    /// Nothing waits for ever.
    case terminates
}

/// An invariant that did not hold.
package struct Violation: Sendable {
    package let invariant: String
    package let text: String
}
