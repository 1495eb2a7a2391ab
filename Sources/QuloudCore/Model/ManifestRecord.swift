import QuloudCrypto

/// One record of a manifest. Records come in the order of a walk: a directory right before what it holds.
package enum ManifestRecord: Sendable, Equatable {
    case directory(TreePath, EntryAttributes)
    /// A regular file and the beginning of its content.
    case file(TreePath, EntryAttributes, size: Int64, [Segment])
    /// More content of the last file, so that no record grows with the file.
    case more([Segment])
    case symlink(TreePath, EntryAttributes, target: [UInt8])
    /// A further name of the file at `original`, which comes earlier.
    case hardLink(TreePath, original: TreePath)

    /// Segments of one record at most.
    package static let segmentsMax = 1024
    /// Bytes of one encoded record at most: its longest parts at their limits.
    static let encodedMax = 64 << 20

    package var path: TreePath? {
        switch self {
        case .directory(let path, _), .file(let path, _, _, _), .symlink(let path, _, _), .hardLink(let path, _): path
        case .more: nil
        }
    }

    /// The record, preceded by its length in four bytes.
    package func write(to writer: inout WireWriter) {
        var body = WireWriter(capacity: 256)
        switch self {
        case .directory(let path, let attributes):
            body.put(UInt8(1))
            body.put(long: path.bytes)
            body.put(attributes)
        case .file(let path, let attributes, let size, let segments):
            body.put(UInt8(2))
            body.put(long: path.bytes)
            body.put(attributes)
            body.put(size)
            for segment in segments { body.put(segment) }
        case .more(let segments):
            body.put(UInt8(3))
            for segment in segments { body.put(segment) }
        case .symlink(let path, let attributes, let target):
            body.put(UInt8(4))
            body.put(long: path.bytes)
            body.put(attributes)
            body.put(long: target)
        case .hardLink(let path, let original):
            body.put(UInt8(5))
            body.put(long: path.bytes)
            body.put(long: original.bytes)
        }
        writer.put(long: body.bytes)
    }

    package static func decode(_ bytes: [UInt8]) throws(WireError) -> ManifestRecord {
        var reader = WireReader(bytes)
        let record: ManifestRecord
        switch try reader.integer(UInt8.self) {
        case 1: record = .directory(try reader.path(), try reader.attributes())
        case 2:
            let path = try reader.path()
            let attributes = try reader.attributes()
            let size = try reader.integer(Int64.self)
            guard size >= 0 else { throw .outOfRange("file size") }
            record = .file(path, attributes, size: size, try reader.segments())
        case 3: record = .more(try reader.segments())
        case 4:
            record = .symlink(
                try reader.path(), try reader.attributes(), target: try reader.long(limit: Limits.pathSizeMax))
        case 5: record = .hardLink(try reader.path(), original: try reader.path())
        default: throw .unknownFormat
        }
        try reader.finish()
        return record
    }
}

extension WireWriter {
    fileprivate mutating func put(_ attributes: EntryAttributes) {
        put(attributes.mode)
        put(attributes.user)
        put(attributes.group)
        put(attributes.modifiedSeconds)
        put(attributes.modifiedNanoseconds)
        put(UInt16(clamping: attributes.xattrs.count))
        for xattr in attributes.xattrs {
            put(short: xattr.name)
            put(long: xattr.value)
        }
    }
}

extension WireReader {
    fileprivate mutating func path() throws(WireError) -> TreePath {
        guard let path = TreePath(try long(limit: Limits.pathSizeMax)), !path.bytes.isEmpty else {
            throw .outOfRange("path")
        }
        return path
    }

    fileprivate mutating func attributes() throws(WireError) -> EntryAttributes {
        var attributes = EntryAttributes(
            mode: try integer(), user: try integer(), group: try integer(), modifiedSeconds: try integer(),
            modifiedNanoseconds: try integer())
        guard attributes.modifiedNanoseconds < 1_000_000_000 else { throw .outOfRange("time") }
        let count = Int(try integer(UInt16.self))
        guard count <= Limits.xattrsPerEntryMax else { throw .outOfRange("extended attributes") }
        for _ in 0..<count {
            attributes.xattrs.append(
                ExtendedAttribute(name: try short(), value: try long(limit: Limits.xattrValueSizeMax)))
        }
        return attributes
    }

    fileprivate mutating func segments() throws(WireError) -> [Segment] {
        var segments: [Segment] = []
        while remaining > 0 {
            guard segments.count < ManifestRecord.segmentsMax else { throw .outOfRange("segments") }
            segments.append(try segment())
        }
        return segments
    }
}

/// Turns the plaintext of manifest chunks back into records, however the cuts fall.
package struct ManifestParser {
    private var pending: [UInt8] = []
    package init() {}

    package mutating func feed(_ bytes: [UInt8]) throws(WireError) -> [ManifestRecord] {
        pending += bytes
        var records: [ManifestRecord] = []
        var start = 0
        while pending.count - start >= 4 {
            var reader = WireReader(pending, from: start)
            let count = Int(try reader.integer(UInt32.self))
            guard count <= ManifestRecord.encodedMax else { throw .outOfRange("manifest record") }
            guard reader.remaining >= count else { break }
            records.append(try ManifestRecord.decode(reader.raw(count)))
            start = reader.position
        }
        pending.removeFirst(start)
        return records
    }

    /// Throws `.truncated` when the manifest ends inside a record.
    package func finish() throws(WireError) {
        guard pending.isEmpty else { throw .truncated }
    }
}
