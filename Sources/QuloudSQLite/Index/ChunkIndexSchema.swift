extension Schema {
    /// The holder's index. Blobs are its truth: what it cannot know from them is kept small.
    package static let chunkIndex = Schema(
        name: "chunk index", applicationID: 0x514C_4449, migrations: [chunkIndexFormat1])

    // `holdings` has row ids, since keys are random: rows are appended, and only the small index of keys is written all over.
    // `ends_at` is when the holding is due for removal: a trashed one when its time in the trash ends, any other with its lease.
    private static let chunkIndexFormat1 = """
        CREATE TABLE holdings (
            key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
            chunk BLOB NOT NULL CHECK (length(chunk) = 32),
            size INTEGER NOT NULL,
            stored_size INTEGER NOT NULL,
            sealed_terms BLOB NOT NULL,
            group_tag BLOB,
            lease_until INTEGER NOT NULL,
            stored_at INTEGER NOT NULL,
            state INTEGER NOT NULL,
            trashed_until INTEGER,
            ends_at INTEGER NOT NULL AS (CASE state WHEN 1 THEN ifnull(trashed_until, lease_until) ELSE lease_until END)
        ) STRICT;
        CREATE INDEX holdings_by_chunk ON holdings (chunk);
        CREATE INDEX holdings_by_end ON holdings (ends_at, key);
        CREATE INDEX holdings_by_group ON holdings (group_tag, chunk) WHERE group_tag IS NOT NULL;

        CREATE TABLE usage (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            chunks INTEGER NOT NULL,
            stored_bytes INTEGER NOT NULL,
            trashed INTEGER NOT NULL,
            damaged INTEGER NOT NULL
        ) STRICT;
        INSERT INTO usage VALUES (1, 0, 0, 0, 0);
        CREATE TRIGGER holding_added AFTER INSERT ON holdings BEGIN
            UPDATE usage SET chunks = chunks + 1, stored_bytes = stored_bytes + new.stored_size,
                trashed = trashed + (new.state = 1), damaged = damaged + (new.state = 2);
        END;
        CREATE TRIGGER holding_removed AFTER DELETE ON holdings BEGIN
            UPDATE usage SET chunks = chunks - 1, stored_bytes = stored_bytes - old.stored_size,
                trashed = trashed - (old.state = 1), damaged = damaged - (old.state = 2);
        END;
        CREATE TRIGGER holding_changed AFTER UPDATE OF stored_size, state ON holdings BEGIN
            UPDATE usage SET stored_bytes = stored_bytes - old.stored_size + new.stored_size,
                trashed = trashed - (old.state = 1) + (new.state = 1),
                damaged = damaged - (old.state = 2) + (new.state = 2);
        END;

        CREATE TABLE heads (
            key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
            sequence INTEGER NOT NULL,
            record BLOB NOT NULL
        ) STRICT;
        """
}
