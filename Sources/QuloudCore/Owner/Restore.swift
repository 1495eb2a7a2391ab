/// Restores a snapshot, or paths in it: every chunk from any holder that has it, verified before it is used.
package struct Restore: Sendable {
    private let context: OwnerContext
    private let target: any RestoreTree
    private let observer: Observer
    /// Enough to keep several holders busy; how many bytes they may be is the gate's matter.
    private static let fetchesAtOnce = 20

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
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.fetchesAtOnce { group.addTask { await fetch(from: fetches) } }
            group.addTask {
                try await read(snapshot, with: reader)
                fetches.close()
                writer.close()
            }
            group.addTask { try await writer.work() }
            // Not `waitForAll`: that waits for the others, too, when one has failed and nobody stops them.
            for try await _ in group {}
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

    private func fetch(from queue: WorkQueue<FetchedChunk>) async {
        let fetcher = ChunkFetcher(context)
        while let chunk = await queue.take().first {
            do {
                chunk.plaintext.fulfil(.success(try await fetcher.open(chunk.ref)))
            } catch {
                chunk.plaintext.fulfil(.failure(error))
            }
        }
    }
}
