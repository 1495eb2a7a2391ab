extension ConfigurationKey {
    /// Every key there is, in the order of the example file.
    package static let all: [ConfigurationKey] =
        nodeKeys + fabricKeys + brokerKeys + holderKeys + ownerKeys + auditKeys + logKeys

    /// The key with the path `section.name`.
    package static func named(_ path: String) -> ConfigurationKey? { byPath[path] }

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    /// The sections in the order of the example file, each with what it is about.
    package static let sections: [(name: String, documentation: String)] = [
        ("node", "What is true of the whole node."),
        ("fabric", "How the node reaches the others: through a broker (NATS with JetStream) that all of them use."),
        ("broker", "The node's own broker. Used only with [fabric] broker = \"embedded\"."),
        ("holder", "What the node keeps for others."),
        ("owner", "How this machine's own folders are backed up."),
        ("audit", "How holders are challenged to prove that they still have every byte."),
        ("heal", "What happens when replicas are lost."),
        ("log", "What the node writes to standard error."),
    ]

    private static let nodeKeys: [ConfigurationKey] = [
        .path(
            "node", "data_dir", \.node.dataDirectory,
            "Where keys, databases and stored blobs lie. /var/lib/quloud when run as root."),
        .text(
            "node", "label", \.node.label,
            """
            The failure domain of this node, such as a site or a power circuit. Owners see by it which \
            replicas would fail together. \
            At most 64 characters; empty: none.
            """, check: ConfigurationCheck.label),
        .text(
            "node", "region", \.node.region, "Roughly where the node is, for people to read. At most 64 characters.",
            check: ConfigurationCheck.label),
    ]

    private static let fabricKeys: [ConfigurationKey] = [
        .broker(
            "fabric", "broker", \.fabric.broker,
            """
            "embedded": the node runs its own broker. Otherwise the broker's address, such as "nats://nas.example:4222" \
            or "tls://nas.example:4222", or a list of the addresses of one cluster.
            """),
        .text("fabric", "user", \.fabric.user, "The name to log in with, together with password_file."),
        .path("fabric", "password_file", \.fabric.passwordFile, "A file that holds the password. Mode 0600."),
        .path("fabric", "token_file", \.fabric.tokenFile, "A file that holds a token to log in with. Mode 0600."),
        .path("fabric", "credentials_file", \.fabric.credentialsFile, "A NATS credentials file (.creds). Mode 0600."),
        .path("fabric", "nkey_seed_file", \.fabric.nkeySeedFile, "A file that holds an nkey seed. Mode 0600."),
        .path(
            "fabric", "ca_file", \.fabric.caFile,
            "Certificates (PEM) that may sign the broker's. Empty: those that the system trusts."),
        .path(
            "fabric", "tls_cert_file", \.fabric.tlsCertificateFile,
            "This node's certificate (PEM), if the broker asks for one."),
        .path("fabric", "tls_key_file", \.fabric.tlsKeyFile, "The private key (PEM) of tls_cert_file. Mode 0600."),
        .duration(
            "fabric", "connect_timeout", \.fabric.connectTimeout, in: .seconds(1)...(.seconds(120)),
            "How long one attempt to connect may take: 1s to 2m."),
    ]

    private static let brokerKeys: [ConfigurationKey] = [
        .path(
            "broker", "server", \.broker.server,
            "The nats-server program. Empty: found on the PATH and in the usual places."),
        .text(
            "broker", "listen", \.broker.listen,
            """
            The address to listen on. Port 0: any free port, remembered in data_dir. An address that other machines reach \
            needs user, password_file, tls_cert_file and tls_key_file.
            """, check: ConfigurationCheck.listenAddress),
        .text(
            "broker", "public_host", \.broker.publicHost,
            """
            The name or address under which other machines, and this node, reach the broker, as its certificate says. Empty: \
            the one of listen.
            """),
        .bytes(
            "broker", "memory_max", \.broker.memoryMax, in: 32 << 20...1 << 40,
            """
            How much memory the broker may use: 32 MiB to 1 TiB. Sealed chunks take at most three quarters of it; the server \
            works in what is left, or in 64 MiB where that is less.
            """),
        .bytes(
            "broker", "store_max", \.broker.storeMax, in: 32 << 20...1 << 50,
            "How much disk the broker's streams may use: 32 MiB to 1024 TiB."),
        .choice(
            "broker", "data_in", \.broker.dataIn,
            """
            Where sealed chunks wait until enough holders have them: "memory" or "file". Nothing rests on it: what a broker \
            forgets is sent again. "file" suits a broker whose owners go offline.
            """),
        .text("broker", "user", \.broker.user, "The name that nodes have to log in with, together with password_file."),
        .path("broker", "password_file", \.broker.passwordFile, "A file that holds that password. Mode 0600."),
        .path("broker", "tls_cert_file", \.broker.tlsCertificateFile, "The broker's certificate (PEM)."),
        .path("broker", "tls_key_file", \.broker.tlsKeyFile, "The private key (PEM) of tls_cert_file. Mode 0600."),
    ]

    private static let holderKeys: [ConfigurationKey] = [
        .flag("holder", "enabled", \.holder.enabled, "Whether the node keeps sealed chunks for others."),
        .bytes(
            "holder", "capacity", \.holder.capacity, in: 0...1 << 60,
            "How many bytes to keep for others at most: 0 to 1048576 TiB."),
        .bytes(
            "holder", "reserve_free", \.holder.reserveFree, in: 0...1 << 50,
            "New chunks are declined when the disk would have less room than this left: 0 to 1024 TiB."),
        .path("holder", "blob_dir", \.holder.blobDirectory, "Where stored blobs lie. Empty: blobs in data_dir."),
        .duration(
            "holder", "trash", \.holder.trash, in: .seconds(0)...(.seconds(365 * 86_400)),
            "How long a released chunk stays in the trash before it is deleted: 0s to 365d."),
        .duration(
            "holder", "scrub_within", \.holder.scrubWithin, in: .seconds(3600)...(.seconds(3650 * 86_400)),
            "Within this time every stored blob is read back and checked once: 1h to 3650d."),
        .flag(
            "holder", "allow_unsafe_filesystem", \.holder.allowUnsafeFilesystem,
            """
            Whether to store on a file system that may lose what it was told to keep (NFS, SMB, tmpfs, overlay). \
            Receipts may then be false.
            """),
    ]

    private static let ownerKeys: [ConfigurationKey] = [
        .flag("owner", "enabled", \.owner.enabled, "Whether this machine backs up folders of its own."),
        .number("owner", "quorum", \.owner.quorum, in: 1...8, "How many distinct holders keep each chunk: 1 to 8."),
        .duration(
            "owner", "lease", \.owner.lease, in: .seconds(86_400)...(.seconds(3650 * 86_400)),
            "For how long holders promise to keep a chunk; renewed while it is needed: 1d to 3650d."),
        .choice(
            "owner", "chunking", \.owner.chunking,
            """
            How large files are cut: "content" finds what moved within a file, "fixed" suits disk images and databases.
            """),
        .number(
            "owner", "compression_level", \.owner.compressionLevel, in: 0...19,
            "The zstd level: 1 to 19, or 0 for none."
        ),
        .bytes(
            "owner", "memory_max", \.owner.memoryMax, in: 8 << 20...64 << 30,
            "How many bytes a backup or a restore may have in flight: 8 MiB to 64 GiB."),
        .list(
            "owner", "excludes", \.owner.excludes,
            "Patterns of what is never backed up, such as [\"*.tmp\", \"node_modules\"].",
            check: ConfigurationCheck.pattern),
        .flag("owner", "one_file_system", \.owner.oneFileSystem, "Whether to skip what is mounted inside a folder."),
    ]

    private static let auditKeys: [ConfigurationKey] = [
        .flag("audit", "automatic", \.audit.automatic, "Whether the running node challenges holders by itself."),
        .duration(
            "audit", "cover_within", \.audit.coverWithin, in: .seconds(3600)...(.seconds(365 * 86_400)),
            "Within this time every replica is proved once: 1h to 365d."),
        .number(
            "audit", "sample_per_day", \.audit.samplePerDay, in: 0...1_000_000,
            """
            How many replicas, drawn at random, to challenge every day besides: 0 to 1000000. 460 find a loss of 1 % with a \
            chance of 99 %.
            """),
        .duration(
            "audit", "retry_after", \.audit.retryAfter, in: .seconds(1)...(.seconds(7 * 86_400)),
            "When a holder does not answer, ask again after this time: 1s to 7d."),
        .duration(
            "audit", "grace", \.audit.grace, in: .seconds(1)...(.seconds(365 * 86_400)),
            "A holder that is silent for longer counts as lost: 1s to 365d, not less than retry_after."),
        .bytes(
            "audit", "batch_bytes", \.audit.batchBytes, in: 1 << 20...16 << 30,
            "How much one challenge makes a holder read at most: 1 MiB to 16 GiB."),
        .flag("heal", "automatic", \.heal.automatic, "Whether the running node replaces lost replicas by itself."),
    ]

    private static let logKeys: [ConfigurationKey] = [
        .choice("log", "level", \.log.level, "The least important lines to write: debug, info, warning or error."),
        .choice(
            "log", "format", \.log.format,
            "How lines look: \"text\", \"json\", or \"auto\" for text on a terminal and under systemd, json otherwise."),
    ]
}
