/// What a command asks of the owner's or the node's side. Travels as one JSON line to a running daemon, or is carried out
/// in the command's own process.
package enum OperationRequest: Codable, Sendable, Equatable {
    case backup(BackupRequest)
    case snapshots
    case list(ListRequest)
    case restore(RestoreRequest)
    case audit(AuditRequest)
    case heal
    case status

    /// True when the work cannot begin without the broker.
    var needsFabric: Bool {
        switch self {
        case .backup, .restore, .audit, .heal: true
        case .snapshots, .list, .status: false
        }
    }
}

package struct BackupRequest: Codable, Sendable, Equatable {
    /// Absolute.
    package var paths: [String]
    package var label = ""
    /// Patterns besides those of the configuration.
    package var excludes: [String] = []
    /// "content" or "fixed"; nil: as configured.
    package var chunking: String?

    package init(paths: [String], label: String = "", excludes: [String] = [], chunking: String? = nil) {
        self.paths = paths
        self.label = label
        self.excludes = excludes
        self.chunking = chunking
    }
}

package struct ListRequest: Codable, Sendable, Equatable {
    /// An id, the beginning of one, or "latest".
    package var snapshot: String
    /// A folder or file of the snapshot, absolute or relative to its base; nil: its roots.
    package var path: String?

    package init(snapshot: String, path: String? = nil) {
        self.snapshot = snapshot
        self.path = path
    }
}

package struct RestoreRequest: Codable, Sendable, Equatable {
    package var snapshot: String
    /// Empty: everything.
    package var paths: [String]
    /// Absolute.
    package var target: String
    package var overwrite: Bool

    package init(snapshot: String, paths: [String], target: String, overwrite: Bool) {
        self.snapshot = snapshot
        self.paths = paths
        self.target = target
        self.overwrite = overwrite
    }
}

package struct AuditRequest: Codable, Sendable, Equatable {
    /// Replicas drawn at random; nil: all.
    package var sample: Int?
    /// The beginning of a node's id; nil: every node.
    package var node: String?
    /// The beginning of a chunk's id; nil: every chunk.
    package var chunk: String?

    package init(sample: Int? = nil, node: String? = nil, chunk: String? = nil) {
        self.sample = sample
        self.node = node
        self.chunk = chunk
    }
}
