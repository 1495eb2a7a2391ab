package import QuloudCore

extension SQLiteOwnerCatalog {
    /// A position draws a chunk by its number, then one of the chunk's replicas by what is left of the position. After a
    /// gap of chunks without replicas the next one is drawn instead, so those are drawn a little more often.
    package func replicas(at positions: [Double]) throws(CatalogError) -> [Replica] {
        try read { (database) throws(DatabaseError) in
            let chunks = try database.first("SELECT max(number) FROM chunks") { $0.integer(0) } ?? 0
            var drawn: [Replica] = []
            for position in positions {
                let scaled = (position.isFinite ? min(max(position, 0), 1) : 0) * Double(chunks)
                let number = 1 + Int64(scaled)
                let replicas = try Self.replicas(ofChunkFrom: number, database)
                guard !replicas.isEmpty else { return [] }
                let rest = scaled - scaled.rounded(.down)
                let replica = replicas[min(Int(rest * Double(replicas.count)), replicas.count - 1)]
                if !drawn.contains(where: { $0.chunk == replica.chunk && $0.node == replica.node }) {
                    drawn.append(replica)
                }
            }
            return drawn
        }
    }

    /// Counting replicas of the first chunk that has any, from `number` on, then from the start.
    private static func replicas(
        ofChunkFrom number: Int64, _ database: Database
    ) throws(DatabaseError) -> [Replica] {
        let next =
            "SELECT number FROM chunks INDEXED BY chunks_live WHERE live > 0 AND number >= ? ORDER BY number LIMIT 1"
        var chunk = try database.first(next, .integer(number)) { $0.integer(0) }
        if chunk == nil { chunk = try database.first(next, .integer(1 as Int64)) { $0.integer(0) } }
        guard let chunk else { return [] }
        return try database.rows(
            """
            SELECT \(ReplicaRows.columns) FROM chunks c CROSS JOIN replicas r ON r.chunk = c.number
            CROSS JOIN nodes n ON n.key = r.node WHERE c.number = ? AND r.state <= 1 ORDER BY r.node
            """, .integer(chunk), map: ReplicaRows.replica)
    }
}
