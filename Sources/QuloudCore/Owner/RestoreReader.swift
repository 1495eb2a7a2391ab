/// Reads the manifest ahead of the writer: orders chunks in good time, each once while several files need it.
actor RestoreReader {
    private let select: [TreePath]
    private let gate: ByteGate
    private let fetches: WorkQueue<FetchedChunk>
    private let writer: RestoreWriter
    private var recent: [FetchedChunk] = []
    private var open: [(path: TreePath, attributes: EntryAttributes)] = []
    private var isWriting = false
    /// Hard links whose originals were not selected: original, and the names it is to get.
    private(set) var orphanLinks: [TreePath: [TreePath]] = [:]
    /// Directories that such links are still to be made in, and those of them that are finished but for that.
    private var awaitingLinks: Set<TreePath> = []
    private var almostFinished: [(path: TreePath, attributes: EntryAttributes)] = []

    init(select: [TreePath], gate: ByteGate, fetches: WorkQueue<FetchedChunk>, writer: RestoreWriter) {
        self.select = select
        self.gate = gate
        self.fetches = fetches
        self.writer = writer
    }

    func read(_ records: [ManifestRecord]) async throws {
        for record in records {
            try Task.checkCancellation()
            try await read(record)
        }
    }

    private func read(_ record: ManifestRecord) async throws {
        if case .more(let segments) = record {
            if isWriting { try await write(segments) }
            return
        }
        try await endFile()
        guard let path = record.path, isWanted(record) else { return }
        try await leaveDirectories(notContaining: path)
        switch record {
        case .directory(let path, let attributes):
            open.append((path, attributes))
            try await writer.take(.directory(path))
        case .symlink(let path, let attributes, let target):
            try await writer.take(.symlink(path, attributes, target: target))
        case .hardLink(let path, let original):
            if isSelected(original) {
                try await writer.take(.hardLink(path, original: original))
            } else {
                orphanLinks[original, default: []].append(path)
                var directory = path.parent
                while directory != .base, awaitingLinks.insert(directory).inserted { directory = directory.parent }
            }
        case .file(let path, let attributes, let size, let segments):
            try await file(path, attributes, size, segments)
        case .more: break
        }
    }

    /// The content of files outside the selection, for hard links that need it.
    func readOriginals(_ records: [ManifestRecord], wanted: [TreePath: [TreePath]]) async throws {
        for record in records {
            if case .more(let segments) = record {
                if isWriting { try await write(segments) }
                continue
            }
            try await endFile()
            guard case .file(let path, let attributes, let size, let segments) = record, let names = wanted[path],
                let first = names.first
            else { continue }
            try await file(first, attributes, size, segments)
            if names.count > 1 {
                try await endFile()
                for name in names.dropFirst() { try await writer.take(.hardLink(name, original: first)) }
            }
        }
    }

    func finish() async throws {
        try await endFile()
        try await leaveDirectories(notContaining: nil)
    }

    /// After the content of all orphan links was read.
    func finishOriginals() async throws {
        try await endFile()
        for directory in almostFinished {
            try await writer.take(.finishDirectory(directory.path, directory.attributes))
        }
        almostFinished = []
    }

    private func file(_ path: TreePath, _ attributes: EntryAttributes, _ size: Int64, _ segments: [Segment])
        async throws
    {
        if size <= Int64(BundleRule.fileSizeMax), segments.count <= 1 {
            var content: [(Segment, FetchedChunk)] = []
            for segment in segments { content.append((segment, try await chunk(segment.chunk))) }
            return try await writer.take(.small(path, attributes, size: size, content))
        }
        try await writer.take(.begin(path, attributes, size: size))
        isWriting = true
        try await write(segments)
    }

    private func write(_ segments: [Segment]) async throws {
        for segment in segments { try await writer.take(.write(segment, try await chunk(segment.chunk))) }
    }

    private func endFile() async throws {
        guard isWriting else { return }
        isWriting = false
        try await writer.take(.end)
    }

    private func leaveDirectories(notContaining path: TreePath?) async throws {
        while let last = open.last, path.map({ !last.path.contains($0) }) ?? true {
            open.removeLast()
            if awaitingLinks.contains(last.path) {
                almostFinished.append(last)
            } else {
                try await writer.take(.finishDirectory(last.path, last.attributes))
            }
        }
    }

    private func isSelected(_ path: TreePath) -> Bool { select.isEmpty || select.contains { $0.contains(path) } }

    /// Directories above what is selected are made too.
    private func isWanted(_ record: ManifestRecord) -> Bool {
        guard let path = record.path else { return false }
        if isSelected(path) { return true }
        guard case .directory = record else { return false }
        return select.contains { path.contains($0) }
    }

    private func chunk(_ ref: ChunkRef) async throws -> FetchedChunk {
        if let known = recent.first(where: { $0.ref == ref }) { return known }
        // Let go of the oldest first: its room may be what this one waits for.
        if recent.count >= 4 { recent.removeFirst() }
        try await gate.enter(ref.plainSize)
        let chunk = FetchedChunk(ref, gate: gate)
        recent.append(chunk)
        fetches.put(chunk)
        return chunk
    }
}
