import QuloudCrypto
import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct ManifestTests {
    static func records() throws -> [ManifestRecord] {
        let path = { (text: String) in try #require(TreePath(Array(text.utf8))) }
        let attributes = EntryAttributes(
            mode: 0o4755, user: 1, group: 2, modifiedSeconds: -5, modifiedNanoseconds: 999_999_999,
            xattrs: [
                ExtendedAttribute(name: Array("user.a".utf8), value: [1, 2]),
                ExtendedAttribute(name: [0xFF], value: []),
            ])
        let ref = ChunkRef(id: Fixture.chunk, contentKey: SHA256.hash([3]), plainSize: 1000)
        let segment = Segment(fileOffset: 1 << 40, length: 600, chunk: ref, chunkOffset: 400)
        return [
            .directory(try path("dir"), attributes),
            .file(try path("dir/f"), attributes, size: 1 << 41, [segment, segment]),
            .more([segment]),
            .file(try path("dir/empty"), InMemoryTree.plain, size: 0, []),
            .symlink(try path("dir/link"), InMemoryTree.plain, target: [0xFE, 0x2F]),
            .hardLink(try path("dir/two"), original: try path("dir/f")),
        ]
    }

    private func encoded(_ records: [ManifestRecord]) -> [UInt8] {
        var writer = WireWriter()
        for record in records { record.write(to: &writer) }
        return writer.bytes
    }

    private func body(_ record: ManifestRecord) -> [UInt8] { Array(encoded([record]).dropFirst(4)) }

    @Test func recordsRoundTrip() throws {
        for record in try Self.records() { #expect(try ManifestRecord.decode(body(record)) == record) }
    }

    @Test func theParserTakesAnyCuts() throws {
        let records = try Self.records() + Self.records()
        let bytes = encoded(records)
        for step in [1, 2, 3, 5, 100, bytes.count] {
            var parser = ManifestParser()
            var parsed: [ManifestRecord] = []
            for start in stride(from: 0, to: bytes.count, by: step) {
                parsed += try parser.feed(Array(bytes[start..<min(start + step, bytes.count)]))
            }
            try parser.finish()
            #expect(parsed == records)
        }
    }

    @Test func aManifestThatEndsInsideARecordIsTruncated() throws {
        let bytes = encoded([try #require(try Self.records().first)])
        for count in 1..<bytes.count {
            var parser = ManifestParser()
            #expect(try parser.feed(Array(bytes.prefix(count))).isEmpty)
            #expect(throws: WireError.truncated) { try parser.finish() }
        }
    }

    @Test func damagedRecordsNeverTrapAndNeverPass() throws {
        for record in try Self.records() {
            let bytes = body(record)
            for index in bytes.indices {
                for mask: UInt8 in [1, 0x80, 0xFF] {
                    var damaged = bytes
                    damaged[index] ^= mask
                    let decoded = try? ManifestRecord.decode(damaged)
                    #expect(decoded != record)
                }
            }
            for count in bytes.indices {
                let decoded = try? ManifestRecord.decode(Array(bytes.prefix(count)))
                #expect(decoded != record)
            }
        }
    }

    @Test func aHugeRecordIsRefusedBeforeItIsCollected() {
        var parser = ManifestParser()
        #expect(throws: WireError.outOfRange("manifest record")) { try parser.feed([0xFF, 0xFF, 0xFF, 0xFF]) }
    }

    @Test(arguments: ["", "/etc/passwd", "../up", "a/../../b", "a//b", "a/", ".", "nul\0"])
    func noRecordNamesAPlaceOutside(_ path: String) {
        let prefix = { (kind: UInt8) -> WireWriter in
            var writer = WireWriter()
            writer.put(kind)
            writer.put(long: path.utf8)
            return writer
        }
        for kind: UInt8 in [1, 2, 4, 5] {
            var writer = prefix(kind)
            writer.put(raw: [UInt8](repeating: 0, count: 64))
            #expect(throws: WireError.outOfRange("path")) { try ManifestRecord.decode(writer.bytes) }
        }
        var link = WireWriter()
        link.put(UInt8(5))
        link.put(long: "fine".utf8)
        link.put(long: path.utf8)
        #expect(throws: WireError.outOfRange("path")) { try ManifestRecord.decode(link.bytes) }
    }

    @Test func segmentsStayInTheirChunks() {
        func decode(offset: Int64, length: UInt32, chunkSize: UInt32, chunkOffset: UInt32) throws -> [Segment] {
            var writer = WireWriter()
            writer.put(offset)
            writer.put(length)
            writer.put(Fixture.chunk)
            writer.put(Bytes32())
            writer.put(chunkSize)
            writer.put(chunkOffset)
            return try FileContent.decode(writer.bytes)
        }
        #expect((try? decode(offset: 0, length: 10, chunkSize: 10, chunkOffset: 0)) != nil)
        for (offset, length, size, start): (Int64, UInt32, UInt32, UInt32) in [
            (-1, 1, 10, 0), (.max, 1, 10, 0), (0, 11, 10, 0), (0, 1, 10, 10), (0, .max, 10, .max),
            (0, 1, .max, 0), (0, 1, UInt32(SealedChunk.plainSizeMax + 1), 0),
        ] {
            #expect(throws: WireError.self) {
                try decode(offset: offset, length: length, chunkSize: size, chunkOffset: start)
            }
        }
    }

    @Test func fileContentRoundTrips() throws {
        let ref = ChunkRef(id: Fixture.chunk, contentKey: Bytes32(), plainSize: 50)
        let segments = (0..<10).map { Segment(fileOffset: Int64($0) * 7, length: 7, chunk: ref, chunkOffset: $0) }
        #expect(try FileContent.decode(FileContent.encode(segments)) == segments)
        #expect(try FileContent.decode([]) == [])
        #expect(throws: WireError.truncated) { try FileContent.decode([1]) }
    }

    @Test func rootsListsAndHeadsRoundTripAndRefuseDamage() throws {
        let refs = (0..<3).map { ChunkRef(id: .numbered($0), contentKey: SHA256.hash([UInt8($0)]), plainSize: 5) }
        let snapshot = Snapshot(
            id: .numbered(1), createdAt: Fixture.now, label: "l", host: "h", base: Array("/home".utf8),
            roots: [try #require(TreePath([0x61]))], manifest: refs[0], files: 1, directories: 2, bytes: 3, problems: 4)
        let root = ManifestRoot(records: refs)
        let head = HeadContent(list: refs)
        #expect(try ManifestRoot(encoded: root.encoded) == root)
        #expect(try HeadContent(encoded: head.encoded) == head)
        let list = SnapshotList.encode([snapshot, snapshot])
        #expect(try SnapshotList.decode(list) == [snapshot, snapshot])
        for count in 0..<list.count {
            #expect(throws: WireError.self) { try SnapshotList.decode(Array(list.prefix(count))) }
        }
        for count in 0..<root.encoded.count {
            #expect(throws: WireError.self) { try ManifestRoot(encoded: Array(root.encoded.prefix(count))) }
        }
        for count in 0..<head.encoded.count {
            #expect(throws: WireError.self) { try HeadContent(encoded: Array(head.encoded.prefix(count))) }
        }
        #expect(throws: WireError.newerVersion(2)) { try SnapshotList.decode([2] + list.dropFirst()) }
        #expect(throws: WireError.newerVersion(2)) { try HeadContent(encoded: [2] + head.encoded.dropFirst()) }
        var newer = root.encoded
        newer[4] = 2
        #expect(throws: WireError.newerVersion(2)) { try ManifestRoot(encoded: newer) }
    }

    @Test func countsAreNotBelieved() {
        #expect(throws: WireError.truncated) {
            try ManifestRoot(encoded: Array("QLMF".utf8) + [1, 0xFF, 0xFF, 0xFF, 0xFF])
        }
        #expect(throws: WireError.truncated) { try SnapshotList.decode([1, 0xFF, 0xFF, 0xFF, 0xFF]) }
        #expect(throws: WireError.self) { try HeadContent(encoded: [1, 0xFF, 0xFF]) }
    }
}
