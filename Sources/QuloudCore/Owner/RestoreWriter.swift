/// Nothing more can be written: the disk is full.
package struct RestoreStopped: Error, Sendable, Equatable {
    /// What could not be completed.
    package let path: TreePath
    package let reason: TreeError
}

/// Carries out the steps of a restore on the target tree. What fails is noted by its path, and the rest goes on.
///
/// In lanes: making small files is the system's work and filling large ones waits for chunks, so each goes on while the
/// other is held up. Only what comes after files, the end of a directory or a hard link, waits for both.
actor RestoreWriter {
    private enum Work: Sendable {
        case step(RestoreStep)
        /// All before it is done.
        case mark(Promise<Void>)
    }

    private let target: any RestoreTree
    /// Steps hold room in it until their turn comes; their content is bounded by the reader.
    private let stepGate = ByteGate(capacity: 8 << 20)
    private let (smallLane, largeLane) = (WorkQueue<Work>(), WorkQueue<Work>())
    private let afterFiles = WorkQueue<(step: RestoreStep, marks: [Promise<Void>])>()
    private let progress: ProgressMeter<RestoreProgress>
    private let note: @Sendable (Note) -> Void
    private var small: [SmallFile] = []
    private var smallBytes = 0
    private var current: (path: TreePath, attributes: EntryAttributes, size: Int64, file: any RestoreFile)?
    /// Why the current file cannot be completed.
    private var failed = false
    /// Paths that were not restored.
    private var missing: Set<TreePath> = []

    private struct OriginalMissing: Error {
        let path: TreePath
    }

    init(
        target: any RestoreTree, progress: ProgressMeter<RestoreProgress>,
        note: @escaping @Sendable (Note) -> Void
    ) {
        self.target = target
        self.progress = progress
        self.note = note
    }

    /// Takes the next step, when there is room for it.
    nonisolated func take(_ step: RestoreStep) async throws {
        try await stepGate.enter(step.footprint)
        switch step {
        // At once: it is there for whichever lane needs it first. A restore that ends early leaves some that are empty.
        case .directory: try await perform(step)
        case .small, .symlink: smallLane.put(.step(step))
        case .begin, .write, .end: largeLane.put(.step(step))
        case .finishDirectory, .hardLink:
            let marks = [smallLane, largeLane].map { lane in
                let mark = Promise<Void>()
                lane.put(.mark(mark))
                return mark
            }
            afterFiles.put((step, marks))
        }
    }

    /// No more steps: `work` returns when all are carried out.
    nonisolated func close() {
        for lane in [smallLane, largeLane] { lane.close() }
        afterFiles.close()
    }

    /// Carries out what was taken until closed and done. Throws only when nothing more can be written.
    nonisolated func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.work(in: self.smallLane) { try await self.flush() } }
            group.addTask { try await self.work(in: self.largeLane) {} }
            group.addTask { try await self.workAfterFiles() }
            // Not `waitForAll`: that waits for the others, too, when one has failed and nobody stops them.
            for try await _ in group {}
        }
        try Task.checkCancellation()
        try await flush()
        try await target.sync()
    }

    private func workAfterFiles() async throws {
        while let (step, marks) = await afterFiles.take().first {
            try Task.checkCancellation()
            for mark in marks { try await mark.value() }
            try await perform(step)
        }
    }

    /// - Parameter complete: carries out what the lane has gathered.
    private func work(in lane: WorkQueue<Work>, complete: () async throws -> Void) async throws {
        while let work = await lane.take().first {
            try Task.checkCancellation()
            switch work {
            case .step(let step): try await perform(step)
            case .mark(let mark):
                try await complete()
                mark.fulfil(.success(()))
            }
        }
    }

    private func perform(_ step: RestoreStep) async throws {
        stepGate.leave(step.footprint)
        switch step {
        case .small(let path, let attributes, let size, let content): try await add(path, attributes, size, content)
        case .directory(let path): try await attempt(path) { try await target.makeDirectory(path) }
        case .finishDirectory(let path, let attributes):
            try await attempt(path) { remark(path, try await target.finishDirectory(path, attributes: attributes)) }
        case .symlink(let path, let attributes, let text):
            try await attempt(path) {
                remark(path, try await target.makeSymlink(path, target: text, attributes: attributes))
                count(bytes: 0)
            }
        case .hardLink(let path, let original):
            try await attempt(path) {
                // What lies there under the original's name is something else.
                guard !missing.contains(original) else { throw OriginalMissing(path: original) }
                try await target.makeHardLink(path, to: original)
                count(bytes: 0)
            }
        case .begin(let path, let attributes, let size):
            failed = true
            try await attempt(path) {
                current = (path, attributes, size, try await target.makeFile(path))
                failed = false
            }
        case .write(let segment, let chunk): try await write(segment, chunk)
        case .end: try await endFile()
        }
    }

    private func write(_ segment: Segment, _ chunk: FetchedChunk) async throws {
        guard !failed, let current else { return }
        do {
            let opened = try await chunk.plaintext.value()
            guard let part = opened.range(of: segment.length, at: segment.chunkOffset) else {
                throw ManifestError.damaged
            }
            try await current.file.write(
                opened.payload, from: part.lowerBound, count: part.count, at: segment.fileOffset)
            progress.update { $0.bytes += Int64(segment.length) }
        } catch {
            failed = true
            try report(current.path, error)
        }
    }

    private func endFile() async throws {
        guard let file = current else { return }
        current = nil
        guard !failed else { return }
        try await attempt(file.path) {
            remark(file.path, try await file.file.finish(size: file.size, attributes: file.attributes))
            count(bytes: 0)
        }
    }

    private func add(
        _ path: TreePath, _ attributes: EntryAttributes, _ size: Int64,
        _ content: [(segment: Segment, chunk: FetchedChunk)]
    ) async throws {
        do {
            var bytes = [UInt8](repeating: 0, count: Int(size))
            for (segment, chunk) in content {
                let opened = try await chunk.plaintext.value()
                guard segment.fileOffset + Int64(segment.length) <= size,
                    let part = opened.range(of: segment.length, at: segment.chunkOffset)
                else { throw ManifestError.damaged }
                let start = Int(segment.fileOffset)
                bytes.replaceSubrange(start..<start + segment.length, with: opened.payload[part])
            }
            small.append(SmallFile(path: path, content: bytes, attributes: attributes))
            smallBytes += bytes.count
        } catch { try report(path, error) }
        if small.count >= 64 || smallBytes >= 1 << 20 { try await flush() }
    }

    private func flush() async throws {
        guard !small.isEmpty else { return }
        let files = small
        small = []
        smallBytes = 0
        for (file, result) in zip(files, await target.makeFiles(files)) {
            switch result {
            case .success(let notes):
                remark(file.path, notes)
                count(bytes: file.content.count)
            case .failure(let error): try report(file.path, error)
            }
        }
    }

    private func attempt(_ path: TreePath, _ work: () async throws -> Void) async throws {
        do { try await work() } catch { try report(path, error) }
    }

    private func count(bytes: Int) {
        progress.update {
            $0.files += 1
            $0.bytes += Int64(bytes)
        }
    }

    private func remark(_ path: TreePath, _ notes: [String]) {
        for text in notes { note(Note(.info, subject: path.description, text)) }
    }

    /// A full disk ends the restore; anything else is a problem of this path alone.
    private func report(_ path: TreePath, _ error: any Error) throws {
        if error is CancellationError { throw error }
        if let error = error as? TreeError, error.kind == .full { throw RestoreStopped(path: path, reason: error) }
        missing.insert(path)
        progress.update { $0.problems += 1 }
        note(Note(.warning, subject: path.description, Self.describe(error)))
    }

    private static func describe(_ error: any Error) -> String {
        switch error {
        case let error as TreeError: error.description
        case let error as ChunkUnavailable:
            "not restored: no holder has chunk \(error.chunk.short)"
                + (error.attempts.isEmpty ? "" : " (\(error.attempts.joined(separator: "; ")))")
        case let error as OriginalMissing: "not restored: it is a link to \(error.path), which was not restored"
        case is SealError: "not restored: a chunk does not open as the manifest says"
        default: "not restored: \(error)"
        }
    }
}
