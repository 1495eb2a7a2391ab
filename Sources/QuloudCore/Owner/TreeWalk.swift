/// Walks the owner's folders for one backup: finds what changed, reads it, and tells the manifest, in order.
actor TreeWalk {
    typealias Item = ManifestWriter.Item
    /// Bytes read of a large file at a time: what the cutter leaves over is copied once for each.
    private static let readSize = 2 << 20

    private let context: OwnerContext
    private let tree: any SourceTree
    private let stage: SealingStage
    private let manifest: ManifestWriter
    private let progress: ProgressMeter<BackupProgress>
    private let note: @Sendable (Note) -> Void
    private let excludes: ExcludeRules
    private let cutter: Cutter
    private let bundle: BundleBuilder
    private var items: [Item] = []
    /// Chunks that the catalog has been seen to have on holders.
    private var stored: Set<ChunkID> = []
    /// The first path of each file with several names.
    private var linked: [InodeKey: TreePath] = [:]

    private struct InodeKey: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    init(
        _ context: OwnerContext, tree: any SourceTree, stage: SealingStage, manifest: ManifestWriter,
        excludes: ExcludeRules, progress: ProgressMeter<BackupProgress>, note: @escaping @Sendable (Note) -> Void
    ) {
        self.context = context
        self.tree = tree
        self.stage = stage
        self.manifest = manifest
        self.progress = progress
        self.note = note
        self.excludes = excludes
        let gear = GearTable(key: context.keys.chunking)
        let sizes = context.settings.chunkSizes
        cutter = Cutter(context.settings.cutting, gear: gear, sizes: sizes)
        bundle = BundleBuilder(rule: BundleRule(key: context.keys.chunking, sizes: sizes), stage: stage)
    }

    /// Backs up the roots, which lie below `base`. Throws when a root itself cannot be read.
    func run(base: SystemPath, roots: [TreePath]) async throws {
        var made: Set<TreePath> = []
        for root in roots {
            try await announceParents(of: root, base: base, made: &made)
            let path = Self.join(base, root)
            let entry: SourceEntry
            do { entry = try await tree.entry(at: path) } catch { throw RootUnreadable(path: path, error: error) }
            try await visit([entry], parent: root.parent, directory: Self.parent(of: path), device: entry.stamp.device)
        }
        try await bundle.close()
        try await flush(all: true)
    }

    /// Directories between the base and a root are recorded, so that a restore can make them.
    private func announceParents(of root: TreePath, base: SystemPath, made: inout Set<TreePath>) async throws {
        var parents: [TreePath] = []
        var parent = root.parent
        while parent != .base {
            parents.append(parent)
            parent = parent.parent
        }
        for parent in parents.reversed() where made.insert(parent).inserted {
            let path = Self.join(base, parent)
            do {
                let attributes = try await tree.entry(at: path).attributes
                items.append(Item(content: .record(.directory(parent, attributes))))
            } catch { throw RootUnreadable(path: path, error: error) }
        }
    }

    /// Entries of one directory, in order.
    private func visit(
        _ entries: [SourceEntry], parent: TreePath, directory: SystemPath, device: UInt64
    ) async throws {
        let cached = try await cachedFiles(in: directory, entries: entries)
        let contents = SmallFileReader(
            tree: tree, directory: directory, entries: entries, sizeMax: context.settings.chunkSizes.bundled,
            unchanged: Set(entries.indices.filter { cached[entries[$0].name]?.stamp == entries[$0].stamp }))
        for (index, entry) in entries.enumerated() {
            try Task.checkCancellation()
            let system = Self.join(directory, entry.name)
            if excludes.excludes(system, name: entry.name) { continue }
            guard let path = parent.appending(entry.name) else {
                report(system, "its path is too long; skipped")
                continue
            }
            if let text = entry.note { report(system, text) }
            switch entry.kind {
            case .special(let what): note(Note(.info, subject: Self.text(system), "\(what), skipped"))
            case .symlink(let target):
                items.append(Item(content: .record(.symlink(path, entry.attributes, target: target))))
            case .directory:
                try await visitDirectory(entry, path: path, system: system, device: device)
            case .file:
                try await visitFile(
                    entry, index: index, path: path, system: system, directory: directory,
                    cached: cached[entry.name], contents: contents)
            }
            if items.count >= 128 { try await flush(all: false) }
        }
    }

    private func visitDirectory(
        _ entry: SourceEntry, path: TreePath, system: SystemPath, device: UInt64
    ) async throws {
        items.append(Item(content: .record(.directory(path, entry.attributes))))
        progress.update { $0.directories += 1 }
        if context.settings.oneFileSystem, entry.stamp.device != device {
            return note(Note(.info, subject: Self.text(system), "on another file system, left out"))
        }
        let inside: [SourceEntry]
        do {
            inside = try await tree.list(system)
        } catch {
            return report(system, error.description)
        }
        try await visit(inside, parent: path, directory: system, device: device)
    }

    private func visitFile(
        _ entry: SourceEntry, index: Int, path: TreePath, system: SystemPath, directory: SystemPath,
        cached: CachedFile?, contents: SmallFileReader
    ) async throws {
        if entry.stamp.links > 1 {
            let key = InodeKey(device: entry.stamp.device, inode: entry.stamp.inode)
            if let original = linked[key] {
                items.append(Item(content: .record(.hardLink(path, original: original))))
                return
            }
            linked[key] = path
        }
        progress.update { $0.files += 1 }
        let size = entry.stamp.size
        if let cached, cached.stamp == entry.stamp, let segments = try await storedSegments(of: cached) {
            items.append(Item(content: .cached(path, entry.attributes, size: size, segments)))
            progress.update {
                $0.unchangedFiles += 1
                $0.bytes += size
            }
            return
        }
        let target = cacheTarget(entry, in: directory)
        do {
            let segments =
                size <= context.settings.chunkSizes.bundled
                ? try await small(contents.content(at: index), path: system)
                : try await large(system, stamp: entry.stamp)
            let content = Item.Content.file(
                path, entry.attributes, size: segments.size, segments.runs, cache: segments.changed ? nil : target)
            items.append(Item(content: content))
            if segments.changed { report(system, "changed while it was read; kept as read") }
        } catch let error as TreeError {
            forget(entry)
            report(system, error.description)
        }
    }

    /// A file that could not be read must not be the original of later hard links.
    private func forget(_ entry: SourceEntry) {
        linked[InodeKey(device: entry.stamp.device, inode: entry.stamp.inode)] = nil
    }

    private struct Content {
        let runs: [PendingSegment]
        let size: Int64
        let changed: Bool
    }

    private func small(_ content: Result<[UInt8], TreeError>, path: SystemPath) async throws -> Content {
        let bytes: [UInt8]
        switch content {
        case .success(let read): bytes = read
        // It changed between listing and reading: take it as any file, as it is now.
        case .failure(let error) where error.kind == .changed: return try await large(path, stamp: nil)
        case .failure(let error): throw error
        }
        progress.update {
            $0.bytes += Int64(bytes.count)
            $0.readBytes += Int64(bytes.count)
        }
        let runs = bytes.isEmpty ? [] : [try await bundle.add(bytes, path: path)]
        return Content(runs: runs, size: Int64(bytes.count), changed: false)
    }

    /// - Parameter stamp: what the file looked like when it was listed.
    private func large(_ path: SystemPath, stamp: FileStamp?) async throws -> Content {
        let file = try await tree.open(path)
        var cutting = FileCutter(cutter, path: path)
        var runs: [PendingSegment] = []
        var end: Int64 = 0
        for range in try await file.dataRanges() {
            var offset = range.lowerBound
            while offset < range.upperBound {
                let count = Int(min(range.upperBound - offset, Int64(Self.readSize)))
                let rest = cutting.rest
                let bytes = try await file.read(at: offset, count: count, behind: rest)
                let read = Int64(bytes.count - rest.count)
                if read == 0 { break }
                cutting.take(bytes, at: offset)
                offset += read
                end = max(end, offset)
                progress.update {
                    $0.bytes += read
                    $0.readBytes += read
                }
                for cut in cutting.cuts(isEnd: false) { try await submit(cut, into: &runs) }
            }
        }
        for cut in cutting.cuts(isEnd: true) { try await submit(cut, into: &runs) }
        let now = try await file.currentStamp()
        let changed = now != file.stamp || (stamp != nil && stamp != file.stamp)
        // What was cut off while it was read is not made up for with zeros.
        let size = max(end, min(file.stamp.size, now.size))
        return Content(runs: runs, size: size, changed: changed)
    }

    private func submit(_ cut: FileCutter.Cut, into runs: inout [PendingSegment]) async throws {
        let slot = try await stage.submit(cut.plaintext, source: cut.source, purpose: .data)
        var offset = 0
        for run in cut.runs {
            runs.append(PendingSegment(fileOffset: run.offset, length: run.length, slot: slot, chunkOffset: offset))
            offset += run.length
        }
    }

    // MARK: Cache

    private func cachedFiles(
        in directory: SystemPath, entries: [SourceEntry]
    ) async throws -> [[UInt8]: CachedFile] {
        let cached = try await context.catalog.cached(in: directory)
        guard !cached.isEmpty else { return [:] }
        let present = Set(entries.map(\.name))
        // A root's own directory is listed in part only: nothing is known of its other names.
        if entries.count > 1 {
            let gone = cached.map(\.name).filter { !present.contains($0) }
            if !gone.isEmpty { await manifest.forget(gone, in: directory) }
        }
        return Dictionary(cached.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// The content of an unchanged file, if holders have all of its chunks.
    private func storedSegments(of file: CachedFile) async throws -> [Segment]? {
        guard let segments = try? FileContent.decode(file.content) else { return nil }
        let unknown = Set(segments.map(\.chunk.id)).subtracting(stored)
        if !unknown.isEmpty {
            let known = try await context.catalog.chunks(Array(unknown))
            guard known.count == unknown.count, known.values.allSatisfy({ $0.liveReplicas > 0 }) else { return nil }
            stored.formUnion(unknown)
        }
        return segments
    }

    /// A file that changed a moment ago may change again without its times telling: it is read again next time.
    private func cacheTarget(_ entry: SourceEntry, in directory: SystemPath) -> ManifestWriter.CacheTarget? {
        let stamp = entry.stamp
        let coarse = stamp.modifiedNanoseconds == 0 && stamp.changedNanoseconds == 0
        let newest = max(
            Self.moment(stamp.modifiedSeconds, stamp.modifiedNanoseconds),
            Self.moment(stamp.changedSeconds, stamp.changedNanoseconds))
        guard context.time.now.since(newest) > (coarse ? .seconds(2) : .milliseconds(100)) else { return nil }
        return ManifestWriter.CacheTarget(directory: directory, name: entry.name, stamp: stamp)
    }

    private static func moment(_ seconds: Int64, _ nanoseconds: UInt32) -> Timestamp {
        Timestamp(seconds: seconds).advanced(by: .nanoseconds(Int64(nanoseconds)))
    }

    // MARK: Paths and reports

    private func flush(all: Bool) async throws {
        let batch = items
        items = []
        try await manifest.add(batch)
        if all { return }
        if await manifest.backlog > 8192 {
            try await bundle.close()
            try await manifest.catchUp()
        }
    }

    private func report(_ path: SystemPath, _ text: String) {
        progress.update { $0.problems += 1 }
        note(Note(.warning, subject: Self.text(path), text))
    }

    private static func text(_ path: SystemPath) -> String {
        path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
    }

    static func join(_ directory: SystemPath, _ name: [UInt8]) -> SystemPath {
        directory + [UInt8(ascii: "/")] + name
    }
    static func join(_ base: SystemPath, _ path: TreePath) -> SystemPath {
        path.bytes.isEmpty ? base : join(base, path.bytes)
    }
    static func parent(of path: SystemPath) -> SystemPath {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return [] }
        return Array(path[..<slash])
    }
}

/// A folder that was asked for cannot be read at all.
package struct RootUnreadable: Error, Sendable {
    package let path: SystemPath
    package let error: TreeError

    package init(path: SystemPath, error: TreeError) {
        self.path = path
        self.error = error
    }
}
