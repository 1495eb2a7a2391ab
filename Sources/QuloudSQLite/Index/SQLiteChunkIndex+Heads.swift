package import QuloudCore

extension SQLiteChunkIndex: HeadStore {
    package func keep(
        _ record: [UInt8], sequence: UInt64, for key: HeadKey
    ) throws(ChunkIndexError) -> Bool {
        try write { (database) throws(DatabaseError) in
            let kept = try database.first("SELECT sequence FROM heads WHERE key = ?", .id(key)) { $0.ordered(0) }
            if let kept {
                guard sequence > kept else { return false }
            } else {
                let heads = try database.first("SELECT count(*) FROM heads") { $0.int(0) } ?? 0
                guard heads < headsMax else { return false }
            }
            try database.run(
                """
                INSERT INTO heads (key, sequence, record) VALUES (?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET sequence = excluded.sequence, record = excluded.record
                """, .id(key), .ordered(sequence), .blob(record))
            return true
        }
    }

    package func head(for key: HeadKey) throws(ChunkIndexError) -> [UInt8]? {
        try read { (database) throws(DatabaseError) in
            try database.first("SELECT record FROM heads WHERE key = ?", .id(key)) { $0.bytes(0) }
        }
    }
}
