import QuloudCrypto

/// A run of a file's bytes, and where in which chunk they are. Bytes between segments are holes.
package struct Segment: Sendable, Equatable {
    package let fileOffset: Int64
    package let length: Int
    package let chunk: ChunkRef
    package let chunkOffset: Int

    package init(fileOffset: Int64, length: Int, chunk: ChunkRef, chunkOffset: Int) {
        self.fileOffset = fileOffset
        self.length = length
        self.chunk = chunk
        self.chunkOffset = chunkOffset
    }
}

/// The encoding of segments, the same in manifests and in the owner's cache of files.
package enum FileContent {
    static let segmentCount = 8 + 4 + 32 + 32 + 4 + 4

    package static func encode(_ segments: [Segment]) -> [UInt8] {
        var writer = WireWriter(capacity: segments.count * segmentCount)
        for segment in segments { writer.put(segment) }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(WireError) -> [Segment] {
        var reader = WireReader(bytes)
        var segments: [Segment] = []
        segments.reserveCapacity(bytes.count / segmentCount)
        while reader.remaining > 0 { segments.append(try reader.segment()) }
        return segments
    }
}

extension WireWriter {
    mutating func put(_ ref: ChunkRef) {
        put(ref.id)
        put(ref.contentKey)
        put(UInt32(clamping: ref.plainSize))
    }

    mutating func put(_ segment: Segment) {
        put(segment.fileOffset)
        put(UInt32(clamping: segment.length))
        put(segment.chunk)
        put(UInt32(clamping: segment.chunkOffset))
    }
}

extension WireReader {
    mutating func ref() throws(WireError) -> ChunkRef {
        let ref = ChunkRef(
            id: try id(), contentKey: try bytes32(), plainSize: Int(try integer(UInt32.self)))
        guard ref.plainSize <= SealedChunk.plainSizeMax else { throw .outOfRange("chunk size") }
        return ref
    }

    mutating func segment() throws(WireError) -> Segment {
        let offset = try integer(Int64.self)
        let length = Int(try integer(UInt32.self))
        let chunk = try ref()
        let chunkOffset = Int(try integer(UInt32.self))
        guard offset >= 0, !offset.addingReportingOverflow(Int64(length)).overflow,
            chunkOffset + length <= chunk.plainSize
        else { throw .outOfRange("segment") }
        return Segment(fileOffset: offset, length: length, chunk: chunk, chunkOffset: chunkOffset)
    }
}
