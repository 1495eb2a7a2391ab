@testable import QuloudDaemon

/// Reports that tests change one field of.
enum Samples {
    static let id = "3f9c0a1b2c3d4e5f60718293a4b5c6d7e8f90011223344556677889900aabbcc"
    static let other = "8b1f00112233445566778899aabbccddeeff00112233445566778899aabbccdd"

    static let backup = BackupReport(
        snapshot: id, files: 1234, directories: 56, unchangedFiles: 1100, bytes: 3 << 30, readBytes: 1 << 30,
        newChunks: 412, knownChunks: 2100, newSealedBytes: 300 << 20, problems: 0, quorum: 3, fewestReplicas: 3,
        replicasConfirmed: 1236, chunksBelowQuorum: 0, headCopies: 5, isProtected: true, seconds: 10)

    static let restore = RestoreReport(
        snapshot: id, target: "/srv/r", files: 1, bytes: 10 << 20, problems: 0, seconds: 2)

    static let audit = AuditReport(
        challenged: 3600, valid: 3600, undecided: 0, suspect: [], lost: [], fromSource: 10, fromReplicas: 2,
        provenBytes: 12 << 30, detection: nil, seconds: 30)

    static let heal = HealReport(
        chunks: 14, healed: 14, replicasPlaced: 15, stillBelow: 0, unrecoverable: [], lostPaths: [], seconds: 3)

    /// An hour is 3,600,000.
    static let now: Int64 = 1_700_000_000_000

    static let owner = OwnerStatus(
        quorum: 3, snapshots: 12, lastSnapshotAt: now - 3 * 3_600_000, chunks: 1234, sealedBytes: 4 << 30, valid: 3702,
        suspect: 0, lost: 0, pending: 0, chunksBelowQuorum: 0, chunksWithoutReplica: 0,
        lastAudit: .init(finishedAt: now - 7_200_000, challenged: 460, valid: 458, suspect: 1, lost: 1),
        nextAudit: now + 22 * 3_600_000,
        holders: [
            .init(
                node: other, label: "nas", lastSeen: now - 120_000, valid: 1234, suspect: 0, lost: 0,
                sealedBytes: 4 << 30, oldestProof: now - 3 * 86_400_000),
            .init(
                node: id, label: "", lastSeen: now, valid: 0, suspect: 2, lost: 1, sealedBytes: 0, oldestProof: nil),
        ])

    static let holder = HolderStatus(
        chunks: 1024, storedBytes: 3 << 30, trashedChunks: 12, damagedChunks: 0, capacityBytes: 100 << 30,
        freeBytes: 97 << 30, dropped: ["expired": 1, "malformed": 3, "replayed": 1])

    static func replica(_ reason: String, label: String = "") -> ReplicaReport {
        ReplicaReport(chunk: id, node: other, label: label, reason: reason)
    }
}

/// `value` with changes.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
