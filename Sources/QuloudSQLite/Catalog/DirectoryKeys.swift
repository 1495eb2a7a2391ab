internal import QuloudCore

/// Numbers for the directories of files, so that long paths are stored once. Remembers them during one call.
struct DirectoryKeys {
    private let database: Database
    private var known: [SystemPath: Int64] = [:]

    init(_ database: Database) { self.database = database }

    /// The number of `path`, given to it now if it has none.
    mutating func key(of path: SystemPath) throws(DatabaseError) -> Int64 {
        if let key = known[path] { return key }
        let key: Int64
        if let found = try Self.find(path, in: database) {
            key = found
        } else {
            try database.run("INSERT INTO directories (path) VALUES (?)", .blob(path))
            key = database.lastInsertedKey
        }
        known[path] = key
        return key
    }

    static func find(_ path: SystemPath, in database: Database) throws(DatabaseError) -> Int64? {
        try database.first("SELECT key FROM directories WHERE path = ?", .blob(path)) { $0.integer(0) }
    }
}
