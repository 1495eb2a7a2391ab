/// What an operation did. Times are milliseconds since 1970-01-01 UTC, ids are lower-case hexadecimal.
package enum OperationReport: Codable, Sendable, Equatable {
    case backup(BackupReport)
    case snapshots([SnapshotReport])
    case list
    case restore(RestoreReport)
    case audit(AuditReport)
    case heal(HealReport)
    case status(StatusReport)
}

package struct BackupReport: Codable, Sendable, Equatable {
    package var snapshot: String
    package var files: Int
    package var directories: Int
    package var unchangedFiles: Int
    package var bytes: Int64
    /// Bytes that had to be read.
    package var readBytes: Int64
    package var newChunks: Int
    package var knownChunks: Int
    /// Sealed bytes of the new chunks, one copy.
    package var newSealedBytes: Int64
    package var problems: Int
    package var quorum: Int
    /// The fewest holders that any new chunk is on; equal to the quorum when all went well.
    package var fewestReplicas: Int
    package var replicasConfirmed: Int
    package var chunksBelowQuorum: Int
    /// Holders that keep the new catalog head.
    package var headCopies: Int
    /// Every chunk of the snapshot, manifest included, is on as many nodes as wanted.
    package var isProtected: Bool
    package var seconds: Double
}

package struct SnapshotReport: Codable, Sendable, Equatable {
    package var id: String
    package var createdAt: Int64
    package var label: String
    package var host: String
    /// Absolute paths.
    package var roots: [String]
    package var files: Int
    package var directories: Int
    package var bytes: Int64
    package var problems: Int
}

package struct EntryReport: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable { case file, directory, symlink, hardLink }
    package var kind: Kind
    /// Relative to the base of the snapshot.
    package var path: String
    package var mode: Int
    package var user: Int
    package var group: Int
    package var size: Int64
    package var modified: Int64
    /// Where a link points.
    package var target: String?
}

package struct RestoreReport: Codable, Sendable, Equatable {
    package var snapshot: String
    package var target: String
    package var files: Int
    package var bytes: Int64
    package var problems: Int
    package var seconds: Double
}

package struct ReplicaReport: Codable, Sendable, Equatable {
    package var chunk: String
    package var node: String
    package var label: String
    /// In words: "its proof was wrong", "silent for 72 h", …
    package var reason: String
}

package struct AuditReport: Codable, Sendable, Equatable {
    package var challenged: Int
    package var valid: Int
    package var undecided: Int
    package var suspect: [ReplicaReport]
    package var lost: [ReplicaReport]
    /// Reference copies made from the owner's own files, and fetched from a holder.
    package var fromSource: Int
    package var fromReplicas: Int
    /// Bytes that holders read to answer.
    package var provenBytes: Int64
    /// The chance that this sample hits a node that lost 1 % of its replicas; nil when all were challenged.
    package var detection: Double?
    package var seconds: Double
}

package struct HealReport: Codable, Sendable, Equatable {
    package var chunks: Int
    package var healed: Int
    package var replicasPlaced: Int
    package var stillBelow: Int
    package var unrecoverable: [String]
    /// Paths that the unrecoverable chunks belong to.
    package var lostPaths: [String]
    package var seconds: Double
}

package struct StatusReport: Codable, Sendable, Equatable {
    package var node: String
    package var dataDirectory: String
    package var isRunning: Bool
    package var owner: OwnerStatus?
    package var holder: HolderStatus?
}

package struct OwnerStatus: Codable, Sendable, Equatable {
    package struct Holder: Codable, Sendable, Equatable {
        package var node: String
        package var label: String
        package var lastSeen: Int64
        package var valid: Int
        package var suspect: Int
        package var lost: Int
        package var sealedBytes: Int64
        package var oldestProof: Int64?
    }
    package struct Audit: Codable, Sendable, Equatable {
        package var finishedAt: Int64
        package var challenged: Int
        package var valid: Int
        package var suspect: Int
        package var lost: Int
    }
    package var quorum: Int
    /// That this catalog is not the newest, as last seen, in words; nil when nothing is wrong with it.
    package var historyProblem: String?
    package var snapshots: Int
    package var lastSnapshotAt: Int64?
    package var chunks: Int
    package var sealedBytes: Int64
    package var valid: Int
    package var suspect: Int
    package var lost: Int
    /// Replicas still missing to the quorum.
    package var pending: Int
    package var chunksBelowQuorum: Int
    package var chunksWithoutReplica: Int
    package var lastAudit: Audit?
    package var nextAudit: Int64?
    package var holders: [Holder]
}

package struct HolderStatus: Codable, Sendable, Equatable {
    package var chunks: Int
    package var storedBytes: Int64
    package var trashedChunks: Int
    package var damagedChunks: Int
    package var capacityBytes: Int64
    package var freeBytes: Int64
    /// Messages dropped since the daemon started, by reason; empty when none runs.
    package var dropped: [String: Int]
}
