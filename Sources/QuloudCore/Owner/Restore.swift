/// Restores a snapshot, or paths in it: every chunk from any holder that has it, verified before it is used.
package struct Restore: Sendable {
    private let context: OwnerContext
    private let target: any RestoreTree
    private let observer: Observer

    package init(_ context: OwnerContext, target: any RestoreTree, observer: @escaping Observer) {
        self.context = context
        self.target = target
        self.observer = observer
    }

    /// - Parameter select: paths of the snapshot; all of it when empty.
    package func run(_ snapshot: Snapshot, select: [TreePath]) async throws -> RestoreProgress {
        let progress = ProgressMeter(
            RestoreProgress(), time: context.time, tell: { [observer] in observer(.restore($0)) })
        if select.isEmpty {
            progress.update {
                $0.totalFiles = snapshot.files
                $0.totalBytes = snapshot.bytes
            }
        }
        let fetches = WorkQueue<FetchedChunk>()
        let writer = RestoreWriter(target: target, progress: progress, note: { [observer] in observer(.note($0)) })
        let reader = RestoreReader(
            select: select, gate: ByteGate(capacity: context.settings.memoryMax), fetches: fetches, writer: writer)
        try await withThrowingTaskGroup(of: Duration?.self) { group in
            group.addTask {
                try await read(snapshot, with: reader)
                fetches.close()
                writer.close()
                return nil
            }
            group.addTask {
                try await writer.work()
                return nil
            }
            var window = FetchWindow()
            var fetching = window.width
            for _ in 0..<fetching { group.addTask { await fetch(from: fetches) } }
            // Not `waitForAll`: that waits for the others, too, when one has failed and nobody stops them.
            for try await took in group {
                // A stage that ended, or a fetch that found no more chunks, is not followed by another.
                guard let took else { continue }
                window.note(took)
                fetching -= 1
                while fetching < window.width {
                    fetching += 1
                    group.addTask { await fetch(from: fetches) }
                }
            }
        }
        progress.finish()
        return progress.value
    }

    private func read(_ snapshot: Snapshot, with reader: RestoreReader) async throws {
        let manifest = ManifestReader(context)
        try await manifest.records(of: snapshot) { try await reader.read($0) }
        try await reader.finish()
        let orphans = await reader.orphanLinks
        guard !orphans.isEmpty else { return }
        try await manifest.records(of: snapshot) { try await reader.readOriginals($0, wanted: orphans) }
        try await reader.finishOriginals()
    }

    /// Fetches the next chunk. How long that took; nil when there are no more.
    private func fetch(from queue: WorkQueue<FetchedChunk>) async -> Duration? {
        guard let chunk = await queue.take().first else { return nil }
        let start = context.time.uptime
        do {
            chunk.plaintext.fulfil(.success(try await ChunkFetcher(context).open(chunk.ref)))
        } catch {
            chunk.plaintext.fulfil(.failure(error))
        }
        return context.time.uptime - start
    }
}
