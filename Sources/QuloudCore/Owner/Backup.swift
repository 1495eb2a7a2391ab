import QuloudCrypto

package struct BackupResult: Sendable {
    package let snapshot: Snapshot
    package let progress: BackupProgress
    package let placement: PlacementSummary
    /// Holders that keep the new catalog head.
    package let headCopies: Int
    /// Every chunk of the snapshot, its manifest and the list of snapshots is on as many nodes as wanted.
    package let isProtected: Bool
}

package enum BackupError: Error, Sendable {
    /// No holder took some chunk at all: nothing is recorded as a snapshot.
    case unplaced(chunks: Int)
}

/// Backs up folders: walk, cut, seal, place, and at the end record the snapshot.
package struct Backup: Sendable {
    private let context: OwnerContext
    private let tree: any SourceTree
    private let observer: Observer

    package init(_ context: OwnerContext, tree: any SourceTree, observer: @escaping Observer) {
        self.context = context
        self.tree = tree
        self.observer = observer
    }

    /// - Parameters:
    ///   - paths: absolute, without trailing slashes, links resolved.
    ///   - excluded: paths that are never read, such as this node's own data.
    package func run(
        _ paths: [SystemPath], label: String, host: String, excluded: [SystemPath]
    ) async throws -> BackupResult {
        let (base, roots) = try Self.layout(paths)
        let progress = ProgressMeter(BackupProgress(), time: context.time) { [observer] in observer(.backup($0)) }
        let mailbox = try await OwnerMailbox.fresh(context)
        let placer = Placer(context, mailbox: mailbox, memoryMax: context.settings.memoryMax) { count in
            progress.update { $0.replicasConfirmed += count }
        }
        let stage = SealingStage(context, placer: placer, progress: progress)
        let manifest = ManifestWriter(stage: stage, cache: context.catalog, keys: context.keys)
        let walk = TreeWalk(
            context, tree: tree, stage: stage, manifest: manifest,
            excludes: ExcludeRules(patterns: context.settings.excludes, paths: excluded), progress: progress,
            note: { [observer] in observer(.note($0)) })

        // Chunks that are known already are to be on as many nodes as those of this run.
        try await context.catalog.raiseQuorum(to: context.settings.quorum)
        let previous = try await context.catalog.snapshots()
        let createdAt = context.time.now
        let id = SnapshotID(context.entropy.bytes32())
        let made = try await inParallel(placer: placer, stage: stage) {
            try await walk.run(base: base, roots: roots)
            let root = try await manifest.finish()
            let counts = progress.value
            let snapshot = Snapshot(
                id: id, createdAt: createdAt, label: label, host: host, base: base, roots: roots, manifest: root,
                files: counts.files, directories: counts.directories, bytes: counts.bytes, problems: counts.problems)
            let list = try await submitList(previous + [snapshot], to: stage)
            return (snapshot, list)
        }
        progress.finish()
        guard made.placement.failed == 0 else { throw BackupError.unplaced(chunks: made.placement.failed) }
        let keeper = HeadKeeper(context)
        let head = try keeper.next(after: await context.catalog.head(), content: HeadContent(list: made.list))
        try await context.catalog.add(made.snapshot, head: head)
        let copies = await keeper.spread(head, holders: await placer.holders)
        if made.placement.partial == 0 { try await completeEarlierRuns() }
        let below = try await context.catalog.chunksBelowQuorum(after: nil, limit: 1)
        return BackupResult(
            snapshot: made.snapshot, progress: progress.value, placement: made.placement, headCopies: copies,
            isProtected: below.isEmpty && copies > 0)
    }

    /// A run that was interrupted leaves chunks on fewer nodes than wanted, and this one found them known.
    private func completeEarlierRuns() async throws {
        do {
            _ = try await Heal(context, tree: tree, observer: observer).run()
        } catch let error as CatalogError {
            throw error
        } catch {
            try Task.checkCancellation()
            observer(.note(Note(.warning, "what earlier runs left on too few nodes is not complete yet: \(error)")))
        }
    }

    /// Runs the stages side by side; the first to fail stops the others. So does a catalog that is not the newest.
    private func inParallel(
        placer: Placer, stage: SealingStage,
        produce: @escaping @Sendable () async throws -> (Snapshot, [ChunkRef])
    ) async throws -> (snapshot: Snapshot, list: [ChunkRef], placement: PlacementSummary) {
        enum Part: Sendable {
            case produced(Snapshot, [ChunkRef])
            case placed(PlacementSummary)
            case sealed
            case checked
        }
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await HistoryGuard(context).check()
                return .checked
            }
            group.addTask { .placed(try await placer.run()) }
            for _ in 0..<2 {
                group.addTask {
                    try await stage.work()
                    return .sealed
                }
            }
            group.addTask {
                let (snapshot, list) = try await produce()
                stage.close()
                await placer.close()
                return .produced(snapshot, list)
            }
            var produced: (Snapshot, [ChunkRef])?
            var placement = PlacementSummary()
            for try await part in group {
                switch part {
                case .produced(let snapshot, let list): produced = (snapshot, list)
                case .placed(let summary): placement = summary
                case .sealed, .checked: break
                }
            }
            guard let (snapshot, list) = produced else { throw CancellationError() }
            return (snapshot, list, placement)
        }
    }

    private func submitList(_ snapshots: [Snapshot], to stage: SealingStage) async throws -> [ChunkRef] {
        let bytes = SnapshotList.encode(snapshots)
        var refs: [ChunkRef] = []
        for start in stride(from: 0, to: bytes.count, by: SealedChunk.plainSizeMax) {
            let part = bytes[start..<min(start + SealedChunk.plainSizeMax, bytes.count)]
            refs.append(try await stage.submit(part, source: [], purpose: .metadata).value())
        }
        guard refs.count <= HeadContent.chunksMax else { throw ManifestError.tooLarge }
        return refs
    }

    /// The deepest folder that holds all roots, and the roots below it. A root inside another is not taken twice.
    static func layout(_ paths: [SystemPath]) throws -> (base: SystemPath, roots: [TreePath]) {
        let slash = UInt8(ascii: "/")
        var all: [TreePath] = []
        for path in paths {
            guard path.first == slash || path.isEmpty, let tree = TreePath(Array(path.dropFirst())) else {
                throw RootUnreadable(path: path, error: TreeError(.failed, "not an absolute path"))
            }
            all.append(tree)
        }
        let roots = Set(all).filter { root in !all.contains { $0 != root && $0.contains(root) } }.sorted()
        guard let first = roots.first else { return ([], []) }
        var base = first.parent
        while base != .base, !roots.allSatisfy({ base.contains($0) && base != $0 }) { base = base.parent }
        guard !roots.contains(.base) else {
            throw RootUnreadable(path: [], error: TreeError(.failed, "name its folders instead of /"))
        }
        let prefix: SystemPath = base == .base ? [] : [slash] + base.bytes
        return (
            prefix, roots.compactMap { TreePath(Array($0.bytes.dropFirst(base == .base ? 0 : base.bytes.count + 1))) }
        )
    }
}
