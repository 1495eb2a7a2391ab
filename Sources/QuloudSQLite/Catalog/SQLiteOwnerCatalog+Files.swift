package import QuloudCore

extension SQLiteOwnerCatalog: FileCache {
    private static let columns = """
        name, device, inode, size, modified_seconds, modified_nanoseconds, changed_seconds, changed_nanoseconds, links,
        content
        """

    package func cached(in directory: SystemPath) throws(CatalogError) -> [CachedFile] {
        try read { (database) throws(DatabaseError) in
            guard let key = try DirectoryKeys.find(directory, in: database) else { return [] }
            return try database.rows(
                "SELECT \(Self.columns) FROM files WHERE directory = ? ORDER BY name", .integer(key)
            ) { (row) throws(DatabaseError) in
                let stamp = FileStamp(
                    device: row.bits(1), inode: row.bits(2), size: row.integer(3), modifiedSeconds: row.integer(4),
                    modifiedNanoseconds: try row.number(5), changedSeconds: row.integer(6),
                    changedNanoseconds: try row.number(7), links: try row.number(8))
                return CachedFile(name: row.bytes(0), stamp: stamp, content: row.bytes(9))
            }
        }
    }

    package func apply(_ changes: [CacheChange]) throws(CatalogError) {
        try write { (database) throws(DatabaseError) in
            var directories = DirectoryKeys(database)
            for change in changes where !(change.changed.isEmpty && change.removed.isEmpty) {
                let directory = try directories.key(of: change.directory)
                for name in change.removed {
                    try database.run(
                        "DELETE FROM files WHERE directory = ? AND name = ?", .integer(directory), .blob(name))
                }
                for file in change.changed { try Self.insert(file, in: directory, database) }
            }
        }
    }

    private static func insert(
        _ file: CachedFile, in directory: Int64, _ database: Database
    ) throws(DatabaseError) {
        let stamp = file.stamp
        // No trigger and no reference hangs on these rows, so replacing is safe.
        try database.run(
            """
            INSERT OR REPLACE INTO files (\(columns), directory) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .blob(file.name), .bits(stamp.device), .bits(stamp.inode), .integer(stamp.size),
            .integer(stamp.modifiedSeconds), .integer(Int64(stamp.modifiedNanoseconds)),
            .integer(stamp.changedSeconds), .integer(Int64(stamp.changedNanoseconds)), .integer(Int64(stamp.links)),
            .blob(file.content), .integer(directory))
    }
}
