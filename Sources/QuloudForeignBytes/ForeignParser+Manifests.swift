import QuloudCore
import QuloudCrypto

extension ForeignParser {
    /// What an owner reads back of its own: records, roots, the list of snapshots, what a head points to.
    static let manifests = [manifestRecord, manifestStream, manifestRoot, snapshotList, headContent, fileContent]

    private static let refs = [ForeignKeys.chunk, ForeignKeys.otherChunk].map {
        ChunkRef(id: $0, contentKey: SHA256.hash([3]), plainSize: 1000)
    }
    private static let segments = refs.enumerated().map { index, ref in
        Segment(fileOffset: Int64(index * 900), length: 900, chunk: ref, chunkOffset: 100)
    }

    private static func records() throws -> [ManifestRecord] {
        guard let folder = TreePath(Array("a".utf8)), let file = TreePath(Array("a/b".utf8)) else { return [] }
        let attributes = EntryAttributes(
            mode: 0o644, user: 1, group: 2, modifiedSeconds: 3, modifiedNanoseconds: 4,
            xattrs: [ExtendedAttribute(name: Array("user.x".utf8), value: [1, 2])])
        return [
            .directory(folder, attributes), .file(file, attributes, size: 1800, segments), .more(segments),
            .symlink(file, attributes, target: [1, 2]), .hardLink(file, original: folder),
        ]
    }

    private static func encoded(_ records: [ManifestRecord]) -> [UInt8] {
        var writer = WireWriter()
        for record in records { record.write(to: &writer) }
        return writer.bytes
    }

    private static let manifestRecord = ForeignParser("manifest-record") {
        try records().map { Array(encoded([$0]).dropFirst(4)) }
    } parse: { bytes in
        .canonical(encoded([try ManifestRecord.decode(bytes)]).dropFirst(4), bytes)
    }

    /// The first byte says where the stream is cut in two: the records are the same however the cuts fall.
    private static let manifestStream = ForeignParser("manifest-stream") {
        [[40] + encoded(try records())]
    } parse: { bytes in
        guard let first = bytes.first else { return .refused }
        let stream = Array(bytes.dropFirst())
        var whole = ManifestParser()
        let records = try whole.feed(stream)
        try whole.finish()
        var parts = ManifestParser()
        var again = try parts.feed(Array(stream.prefix(Int(first))))
        again += try parts.feed(Array(stream.dropFirst(Int(first))))
        guard again == records else { return .broken("other records when it is cut") }
        return .canonical(encoded(records), stream)
    }

    private static let manifestRoot = ForeignParser("manifest-root") {
        [ManifestRoot(records: []).encoded, ManifestRoot(records: refs).encoded]
    } parse: { bytes in
        .canonical(try ManifestRoot(encoded: bytes).encoded, bytes)
    }

    /// Labels are mended as they are read: the second reading changes nothing more.
    private static let snapshotList = ForeignParser("snapshot-list") {
        guard let root = TreePath(Array("a/b".utf8)) else { return [] }
        let snapshot = Snapshot(
            id: SnapshotID(ForeignKeys.requestHash), createdAt: ForeignKeys.now, label: "label", host: "host",
            base: Array("/home".utf8), roots: [root, .base], manifest: refs[0], files: 1, directories: 2, bytes: 3,
            problems: 4)
        return [SnapshotList.encode([]), SnapshotList.encode([snapshot, snapshot])]
    } parse: { bytes in
        let list = try SnapshotList.decode(bytes)
        let again = SnapshotList.encode(list)
        return .promise(try SnapshotList.decode(again) == list, "read again it is another list")
    }

    private static let headContent = ForeignParser("head-content") {
        [HeadContent(list: []).encoded, HeadContent(list: refs).encoded]
    } parse: { bytes in
        .canonical(try HeadContent(encoded: bytes).encoded, bytes)
    }

    private static let fileContent = ForeignParser("file-content") {
        [[], FileContent.encode(segments)]
    } parse: { bytes in
        .canonical(FileContent.encode(try FileContent.decode(bytes)), bytes)
    }
}
