import QuloudCrypto

/// The plaintext of a manifest's root chunk: the chunks of its records, in order.
package struct ManifestRoot: Sendable, Equatable {
    private static let magic: [UInt8] = Array("QLMF".utf8) + [1]
    package let records: [ChunkRef]

    package init(records: [ChunkRef]) { self.records = records }

    package var encoded: [UInt8] {
        var writer = WireWriter(capacity: 16 + records.count * 68)
        writer.put(raw: Self.magic)
        writer.put(UInt32(clamping: records.count))
        for ref in records { writer.put(ref) }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(WireError) {
        var reader = WireReader(encoded)
        guard try reader.raw(4) == Array(Self.magic.prefix(4)) else { throw .unknownFormat }
        let version = try reader.integer(UInt8.self)
        guard version == Self.magic[4] else { throw .newerVersion(version) }
        let count = Int(try reader.integer(UInt32.self))
        guard count <= reader.remaining / 68 else { throw .truncated }
        var records: [ChunkRef] = []
        for _ in 0..<count { records.append(try reader.ref()) }
        try reader.finish()
        self.records = records
    }
}

/// The list of all snapshots, as it is sealed and placed with every backup. Cut into as many chunks as it needs.
package enum SnapshotList {
    private static let version: UInt8 = 1

    package static func encode(_ snapshots: [Snapshot]) -> [UInt8] {
        var writer = WireWriter(capacity: 64 + snapshots.count * 256)
        writer.put(Self.version)
        writer.put(UInt32(clamping: snapshots.count))
        for snapshot in snapshots { writer.put(snapshot) }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(WireError) -> [Snapshot] {
        var reader = WireReader(bytes)
        let version = try reader.integer(UInt8.self)
        guard version == Self.version else { throw .newerVersion(version) }
        let count = Int(try reader.integer(UInt32.self))
        var snapshots: [Snapshot] = []
        for _ in 0..<count { snapshots.append(try reader.snapshot()) }
        try reader.finish()
        return snapshots
    }
}

/// What a catalog head points to.
package struct HeadContent: Sendable, Equatable {
    /// The chunks of the snapshot list, in order.
    package let list: [ChunkRef]
    package static let chunksMax = 40

    package init(list: [ChunkRef]) { self.list = list }

    package var encoded: [UInt8] {
        var writer = WireWriter(capacity: 8 + list.count * 68)
        writer.put(UInt8(1))
        writer.put(UInt16(clamping: list.count))
        for ref in list { writer.put(ref) }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(WireError) {
        var reader = WireReader(encoded)
        let version = try reader.integer(UInt8.self)
        guard version == 1 else { throw .newerVersion(version) }
        let count = Int(try reader.integer(UInt16.self))
        guard count <= Self.chunksMax else { throw .outOfRange("chunks of the snapshot list") }
        var list: [ChunkRef] = []
        for _ in 0..<count { list.append(try reader.ref()) }
        try reader.finish()
        self.list = list
    }
}

extension WireWriter {
    fileprivate mutating func put(_ snapshot: Snapshot) {
        put(snapshot.id)
        put(snapshot.createdAt)
        put(short: snapshot.label.utf8)
        put(short: snapshot.host.utf8)
        put(long: snapshot.base)
        put(UInt16(clamping: snapshot.roots.count))
        for root in snapshot.roots { put(long: root.bytes) }
        put(snapshot.manifest)
        put(UInt64(clamping: snapshot.files))
        put(UInt64(clamping: snapshot.directories))
        put(snapshot.bytes)
        put(UInt32(clamping: snapshot.problems))
    }
}

extension WireReader {
    fileprivate mutating func snapshot() throws(WireError) -> Snapshot {
        let id = try id(SnapshotID.self)
        let createdAt = try timestamp()
        let label = try text()
        let host = try text()
        let base = try long(limit: Limits.pathSizeMax)
        var roots: [TreePath] = []
        for _ in 0..<(try integer(UInt16.self)) {
            guard let root = TreePath(try long(limit: Limits.pathSizeMax)) else { throw .outOfRange("path") }
            roots.append(root)
        }
        return Snapshot(
            id: id, createdAt: createdAt, label: label, host: host, base: base, roots: roots,
            manifest: try ref(), files: Int(clamping: try integer(UInt64.self)),
            directories: Int(clamping: try integer(UInt64.self)), bytes: try integer(),
            problems: Int(try integer(UInt32.self)))
    }
}
