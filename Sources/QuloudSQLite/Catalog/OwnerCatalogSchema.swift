extension Schema {
    /// The owner's catalog. Nothing a call does takes longer for there being more chunks, but for the depth of the trees.
    package static let ownerCatalog = Schema(
        name: "catalog", applicationID: 0x514C_4443,
        migrations: [chunks + replicas + counters + snapshots + files, leastQuorum])

    // A chunk's number stands for its id in other tables. `live` counts its replicas that count, `placed` tells whether it
    // ever had one; triggers keep both.
    private static let chunks = """
        CREATE TABLE chunks (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            fingerprint BLOB UNIQUE,
            content_key BLOB NOT NULL,
            plain_size INTEGER NOT NULL,
            sealed_size INTEGER NOT NULL,
            purpose INTEGER NOT NULL,
            quorum INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            live INTEGER NOT NULL DEFAULT 0,
            placed INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX chunks_below_quorum ON chunks (id) WHERE placed AND live < quorum;
        CREATE INDEX chunks_live ON chunks (number) WHERE live > 0;

        CREATE TABLE directories (key INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE) STRICT;
        -- Without a directory, the name is the whole path.
        CREATE TABLE sources (
            chunk INTEGER NOT NULL REFERENCES chunks,
            position INTEGER NOT NULL,
            directory INTEGER REFERENCES directories,
            name BLOB NOT NULL,
            offset INTEGER NOT NULL,
            length INTEGER NOT NULL,
            PRIMARY KEY (chunk, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE kept_sealed (id BLOB NOT NULL UNIQUE CHECK (length(id) = 32), sealed BLOB NOT NULL) STRICT;

        """

    // States: 0 valid, 1 suspect, 2 lost, 3 released; the first two count. `state_at` and `detail` are since when and how
    // many tries, or when lost and why. `ordinal` is the beginning of the chunk's id as a number: it orders a node's
    // replicas as their ids do, at a quarter of the room.
    private static let replicas = """
        CREATE TABLE nodes (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            agreement_key BLOB NOT NULL,
            label TEXT NOT NULL,
            last_seen INTEGER NOT NULL,
            valid INTEGER NOT NULL DEFAULT 0,
            suspect INTEGER NOT NULL DEFAULT 0,
            lost INTEGER NOT NULL DEFAULT 0,
            sealed_bytes INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE replicas (
            chunk INTEGER NOT NULL REFERENCES chunks,
            node INTEGER NOT NULL REFERENCES nodes,
            ordinal INTEGER NOT NULL,
            state INTEGER NOT NULL,
            state_at INTEGER,
            detail INTEGER,
            since INTEGER NOT NULL,
            proven_at INTEGER NOT NULL,
            next_audit INTEGER NOT NULL,
            lease_until INTEGER NOT NULL,
            slot INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            signature BLOB NOT NULL,
            PRIMARY KEY (chunk, node)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX replicas_by_audit ON replicas (next_audit) WHERE state <= 1;
        CREATE INDEX replicas_by_lease ON replicas (lease_until) WHERE state <= 1;
        CREATE INDEX replicas_by_node ON replicas (node, ordinal) WHERE state <= 1;
        CREATE INDEX replicas_by_proof ON replicas (node, proven_at) WHERE state <= 1;

        """

    // No chunk's quorum is below `totals.least_quorum`: raising it to what it is already need not look at the chunks.
    private static let leastQuorum = """
        ALTER TABLE totals ADD COLUMN least_quorum INTEGER NOT NULL DEFAULT 0;
        CREATE TRIGGER chunk_quorum_added AFTER INSERT ON chunks
            WHEN new.quorum < (SELECT least_quorum FROM totals) BEGIN
            UPDATE totals SET least_quorum = new.quorum;
        END;
        CREATE TRIGGER chunk_quorum_lowered AFTER UPDATE OF quorum ON chunks
            WHEN new.quorum < (SELECT least_quorum FROM totals) BEGIN
            UPDATE totals SET least_quorum = new.quorum;
        END;

        """

    // What `status` shows, kept in step by triggers so that it is read at once. Chunks and replicas are never deleted.
    private static let counters = """
        CREATE TABLE totals (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            chunks INTEGER NOT NULL,
            sealed_bytes INTEGER NOT NULL,
            below_quorum INTEGER NOT NULL,
            without_replica INTEGER NOT NULL,
            pending INTEGER NOT NULL
        ) STRICT;
        INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0);
        CREATE TRIGGER chunk_added AFTER INSERT ON chunks BEGIN
            UPDATE totals SET chunks = chunks + 1, sealed_bytes = sealed_bytes + new.sealed_size;
        END;
        CREATE TRIGGER chunk_changed AFTER UPDATE OF live, placed, quorum ON chunks BEGIN
            UPDATE totals SET
                below_quorum = below_quorum
                    - (old.placed AND old.live < old.quorum) + (new.placed AND new.live < new.quorum),
                without_replica = without_replica
                    - (old.placed AND old.live = 0) + (new.placed AND new.live = 0),
                pending = pending
                    - old.placed * max(old.quorum - old.live, 0) + new.placed * max(new.quorum - new.live, 0);
        END;
        CREATE TRIGGER replica_added AFTER INSERT ON replicas BEGIN
            UPDATE nodes SET
                valid = valid + (new.state = 0), suspect = suspect + (new.state = 1), lost = lost + (new.state = 2),
                sealed_bytes = sealed_bytes
                    + (new.state <= 1) * (SELECT sealed_size FROM chunks WHERE number = new.chunk)
                WHERE key = new.node;
            UPDATE chunks SET placed = 1, live = live + (new.state <= 1) WHERE number = new.chunk;
        END;
        CREATE TRIGGER replica_changed AFTER UPDATE OF state ON replicas WHEN old.state <> new.state BEGIN
            UPDATE nodes SET
                valid = valid - (old.state = 0) + (new.state = 0),
                suspect = suspect - (old.state = 1) + (new.state = 1),
                lost = lost - (old.state = 2) + (new.state = 2),
                sealed_bytes = sealed_bytes + ((new.state <= 1) - (old.state <= 1))
                    * (SELECT sealed_size FROM chunks WHERE number = new.chunk)
                WHERE key = new.node;
            UPDATE chunks SET live = live - (old.state <= 1) + (new.state <= 1)
                WHERE number = new.chunk AND (old.state <= 1) <> (new.state <= 1);
        END;

        """

    private static let snapshots = """
        CREATE TABLE snapshots (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            created_at INTEGER NOT NULL,
            label TEXT NOT NULL,
            host TEXT NOT NULL,
            base BLOB NOT NULL,
            manifest_id BLOB NOT NULL,
            manifest_key BLOB NOT NULL,
            manifest_size INTEGER NOT NULL,
            files INTEGER NOT NULL,
            directories INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            problems INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE snapshot_roots (
            snapshot INTEGER NOT NULL REFERENCES snapshots ON DELETE CASCADE,
            position INTEGER NOT NULL,
            path BLOB NOT NULL,
            PRIMARY KEY (snapshot, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE head (only INTEGER PRIMARY KEY CHECK (only = 1), sequence INTEGER NOT NULL, record BLOB NOT NULL) STRICT;
        CREATE TABLE mailboxes (
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            epoch INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE last_audit (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            finished_at INTEGER NOT NULL,
            challenged INTEGER NOT NULL,
            valid INTEGER NOT NULL,
            suspect INTEGER NOT NULL,
            lost INTEGER NOT NULL
        ) STRICT;

        """

    private static let files = """
        CREATE TABLE files (
            directory INTEGER NOT NULL REFERENCES directories,
            name BLOB NOT NULL,
            device INTEGER NOT NULL,
            inode INTEGER NOT NULL,
            size INTEGER NOT NULL,
            modified_seconds INTEGER NOT NULL,
            modified_nanoseconds INTEGER NOT NULL,
            changed_seconds INTEGER NOT NULL,
            changed_nanoseconds INTEGER NOT NULL,
            links INTEGER NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (directory, name)
        ) STRICT, WITHOUT ROWID;
        """
}
