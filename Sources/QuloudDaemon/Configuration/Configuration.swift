import QuloudCore
import QuloudSystem

/// What a node is told by its owner. `Configuration()` holds the defaults; `ConfigurationKey.all` says what each value
/// means and which values are allowed. Sizes are bytes. A path is absolute after resolving, or "" where nothing is set.
package struct Configuration: Sendable, Equatable {
    package var node = Node()
    package var fabric = Fabric()
    package var broker = Broker()
    package var holder = Holder()
    package var owner = Owner()
    package var audit = Audit()
    package var heal = Heal()
    package var log = Log()

    /// The defaults, with paths as the example file shows them.
    package init() {}

    /// What is true of the whole node.
    package struct Node: Sendable, Equatable {
        package var dataDirectory = "~/.local/share/quloud"
        package var label = ""
        package var region = ""
    }

    /// How the node reaches the others.
    package struct Fabric: Sendable, Equatable {
        package var broker = BrokerAddress.embedded
        package var user = ""
        package var passwordFile = ""
        package var tokenFile = ""
        package var credentialsFile = ""
        package var nkeySeedFile = ""
        package var caFile = ""
        package var tlsCertificateFile = ""
        package var tlsKeyFile = ""
        package var connectTimeout = Duration.seconds(5)
    }

    /// The node's own broker, used when `fabric.broker` is `.embedded`.
    package struct Broker: Sendable, Equatable {
        package var server = ""
        package var listen = "127.0.0.1:0"
        package var publicHost = ""
        package var memoryMax = 512 << 20
        package var storeMax = 8 << 30
        package var dataIn = BrokerStorage.memory
        package var user = ""
        package var passwordFile = ""
        package var tlsCertificateFile = ""
        package var tlsKeyFile = ""
    }

    /// What the node keeps for others.
    package struct Holder: Sendable, Equatable {
        package var enabled = true
        package var capacity = 100 << 30
        package var reserveFree = 1 << 30
        package var blobDirectory = ""
        package var trash = Duration.seconds(7 * 86_400)
        package var scrubWithin = Duration.seconds(30 * 86_400)
        package var allowUnsafeFilesystem = false
    }

    /// What the core does when it is not told otherwise.
    private static let core = OwnerSettings()

    /// How the node's own folders are backed up.
    package struct Owner: Sendable, Equatable {
        package var enabled = true
        package var quorum = core.quorum
        package var lease = core.lease
        package var chunking = ChunkingMethod.content
        package var compressionLevel = core.compressionLevel
        package var memoryMax = core.memoryMax
        package var excludes: [String] = []
        package var oneFileSystem = false
    }

    /// How holders are challenged.
    package struct Audit: Sendable, Equatable {
        package var automatic = true
        package var coverWithin = core.coverWithin
        package var samplePerDay = 0
        package var retryAfter = core.retryAfter
        package var grace = core.grace
        package var batchBytes = core.auditBatchBytes
    }

    /// How lost replicas are replaced.
    package struct Heal: Sendable, Equatable {
        package var automatic = true
    }

    /// What the node writes to standard error.
    package struct Log: Sendable, Equatable {
        package var level = Logger.Level.info
        package var format = LogFormat.auto
    }
}

/// Where the fabric's broker is.
package enum BrokerAddress: Sendable, Equatable {
    /// The node runs its own.
    case embedded
    /// One or more addresses of one broker cluster, each `nats://host:port` or `tls://host:port`.
    case urls([String])
}

/// Where an embedded broker keeps sealed chunks until their quorum is met.
package enum BrokerStorage: String, Sendable, CaseIterable {
    case memory
    case file
}

/// How large files are cut.
package enum ChunkingMethod: String, Sendable, CaseIterable {
    case content
    case fixed
}

/// How log lines look. `auto` is text on a terminal and under systemd, JSON otherwise.
package enum LogFormat: String, Sendable, CaseIterable {
    case auto
    case text
    case json
}
