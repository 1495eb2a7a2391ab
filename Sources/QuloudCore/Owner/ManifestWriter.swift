import QuloudCrypto

/// A run of a file's bytes whose chunk may not be sealed yet.
struct PendingSegment: Sendable {
    let fileOffset: Int64
    let length: Int
    let slot: ChunkSlot
    let chunkOffset: Int
}

/// Puts the manifest together in the order of the walk. Entries wait for their chunks to be sealed; what is ready is cut
/// by content, like any data, so that unchanged parts of the tree share their chunks with the snapshot before.
actor ManifestWriter {
    struct Item: Sendable {
        enum Content: Sendable {
            case record(ManifestRecord)
            case file(TreePath, EntryAttributes, size: Int64, [PendingSegment], cache: CacheTarget?)
            /// An unchanged file, with the content the cache has of it.
            case cached(TreePath, EntryAttributes, size: Int64, [Segment])
        }
        let content: Content
    }

    /// Where the cache is to remember a file once its chunks are sealed.
    struct CacheTarget: Sendable {
        let directory: SystemPath
        let name: [UInt8]
        let stamp: FileStamp
    }

    private let stage: SealingStage
    private let cache: any FileCache
    private let cutter: Cutter
    private var pending: [Item] = []
    private var stream = WireWriter()
    private var chunks: [ChunkSlot] = []
    private var changes: [SystemPath: (changed: [CachedFile], removed: [[UInt8]])] = [:]
    private var changeCount = 0

    init(stage: SealingStage, cache: any FileCache, keys: OwnerKeys) {
        self.stage = stage
        self.cache = cache
        cutter = Cutter(.content, gear: GearTable(key: keys.chunking))
    }

    func add(_ items: [Item]) async throws {
        pending += items
        var ready = 0
        while ready < pending.count, Self.isReady(pending[ready]) { ready += 1 }
        try await write(ready)
    }

    /// Entries that wait for their chunks.
    var backlog: Int { pending.count }

    /// Waits until nothing is left to wait for. Every chunk of the entries must have been submitted.
    func catchUp() async throws { try await write(pending.count) }

    func forget(_ names: [[UInt8]], in directory: SystemPath) {
        changes[directory, default: ([], [])].removed += names
        changeCount += names.count
    }

    /// Writes what is left and returns the reference of the root chunk.
    func finish() async throws -> ChunkRef {
        try await write(pending.count)
        try await cut(isEnd: true)
        try await applyChanges()
        var refs: [ChunkRef] = []
        for chunk in chunks { refs.append(try await chunk.value()) }
        let root = ManifestRoot(records: refs).encoded
        guard root.count <= SealedChunk.plainSizeMax else { throw ManifestError.tooLarge }
        return try await stage.submit(root[...], source: [], purpose: .metadata).value()
    }

    private static func isReady(_ item: Item) -> Bool {
        guard case .file(_, _, _, let segments, _) = item.content else { return true }
        return segments.allSatisfy { $0.slot.current != nil }
    }

    private func write(_ count: Int) async throws {
        guard count > 0 else { return }
        let items = pending.prefix(count)
        pending.removeFirst(count)
        for item in items {
            switch item.content {
            case .record(let record): record.write(to: &stream)
            case .cached(let path, let attributes, let size, let segments):
                writeFile(path, attributes, size, segments)
            case .file(let path, let attributes, let size, let waiting, let target):
                var segments: [Segment] = []
                segments.reserveCapacity(waiting.count)
                for segment in waiting {
                    segments.append(
                        Segment(
                            fileOffset: segment.fileOffset, length: segment.length,
                            chunk: try await segment.slot.value(), chunkOffset: segment.chunkOffset))
                }
                writeFile(path, attributes, size, segments)
                if let target { remember(target, segments) }
            }
            if stream.bytes.count >= 4 * cutter.sizeMax { try await cut(isEnd: false) }
        }
        if changeCount >= 2048 { try await applyChanges() }
    }

    private func writeFile(_ path: TreePath, _ attributes: EntryAttributes, _ size: Int64, _ segments: [Segment]) {
        let limit = ManifestRecord.segmentsMax
        ManifestRecord.file(path, attributes, size: size, Array(segments.prefix(limit))).write(to: &stream)
        for start in stride(from: limit, to: segments.count, by: limit) {
            ManifestRecord.more(Array(segments[start..<min(start + limit, segments.count)])).write(to: &stream)
        }
    }

    private func remember(_ target: CacheTarget, _ segments: [Segment]) {
        let file = CachedFile(name: target.name, stamp: target.stamp, content: FileContent.encode(segments))
        changes[target.directory, default: ([], [])].changed.append(file)
        changeCount += 1
    }

    private func applyChanges() async throws {
        guard changeCount > 0 else { return }
        let batch = changes.map { CacheChange(directory: $0.key, changed: $0.value.changed, removed: $0.value.removed) }
        changes = [:]
        changeCount = 0
        try await cache.apply(batch)
    }

    private func cut(isEnd: Bool) async throws {
        let bytes = stream.take()
        var start = 0
        while start < bytes.count, isEnd || bytes.count - start >= cutter.sizeMax {
            let length = bytes.withUnsafeBytes { cutter.cut(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            let chunk = Array(bytes[start..<start + length])
            chunks.append(try await stage.submit(chunk[...], source: [], purpose: .metadata))
            start += length
        }
        stream.put(raw: bytes[start...])
    }
}

package enum ManifestError: Error, Sendable, Equatable {
    /// More files than one snapshot can describe.
    case tooLarge
    case damaged
}
