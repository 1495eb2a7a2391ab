import Glibc
import QuloudCore
import QuloudFiles
import QuloudSQLite
import QuloudSystem

/// Opens the holder's index, whatever became of it: checked after an unclean stop, moved aside when it is damaged, and made
/// anew from the blobs when there is none.
package struct IndexOpening: Sendable {
    let directory: DataDirectory
    let time: any TimeSource
    let openIndex: @Sendable (String) async throws -> SQLiteChunkIndex
    let log: @Sendable (Note) -> Void

    /// - Parameter openIndex: opens the database at a path, or makes it.
    package init(
        directory: DataDirectory, time: any TimeSource = SystemTime(),
        openIndex: @escaping @Sendable (String) async throws -> SQLiteChunkIndex = {
            try await SQLiteChunkIndex.open(at: $0)
        },
        log: @escaping @Sendable (Note) -> Void
    ) {
        self.directory = directory
        self.time = time
        self.openIndex = openIndex
        self.log = log
    }

    package func open() async throws -> SQLiteChunkIndex {
        let wasClosed = try directory.indexClosed.take()
        guard directory.hasIndex else {
            try startAnew()
            return try await openIndex(directory.index)
        }
        do {
            return try await checked(unlessClosed: wasClosed)
        } catch ChunkIndexError.damaged(let what) {
            log(Note(.warning, subject: directory.index, "damaged, moved aside, made anew from the blobs: \(what)"))
            try startAnew()
            return try await openIndex(directory.index)
        }
    }

    private func checked(unlessClosed wasClosed: Bool) async throws -> SQLiteChunkIndex {
        let index = try await openIndex(directory.index)
        do {
            if !wasClosed {
                try await ClosedMark.checking(directory.index, log) { try await index.checkIntegrity() }
            }
            return index
        } catch {
            try? await index.close()
            throw error
        }
    }

    /// The mark comes first: an index that is there without it is taken for whole.
    private func startAnew() throws {
        do {
            try AtomicFile.write([], to: Array(directory.rebuildMark.utf8), permissions: 0o600)
            // The log of a lost database must not be taken for the new one's.
            let aside = "\(directory.index).damaged-\(time.now.milliseconds)"
            for suffix in ["", "-wal", "-shm"] where access(directory.index + suffix, F_OK) == 0 {
                guard rename(directory.index + suffix, aside + suffix) == 0 else { throw Errno(errno, "rename") }
            }
        } catch {
            throw OperationFailure(
                .failed, "cannot move \(directory.index) aside: \(error)",
                hint: "check the disk and the permissions of its folder")
        }
    }

    /// Brings every blob into an index that is not whole. A start that was interrupted here goes on at the next.
    package func completeRebuild(in context: HolderContext) async throws {
        guard directory.isRebuilding else { return }
        let time = context.time
        let start = time.uptime
        let meter = ProgressMeter(Adoption(), time: time, every: .seconds(10)) { [directory, log] sum in
            guard sum != Adoption() else { return }
            log(Note(.info, subject: directory.index, "made anew from the blobs: \(sum.adopted) chunks so far"))
        }
        let found = try await RebuildIndex(context).run { sum in meter.update { $0 = sum } }
        _ = try AtomicFile.remove(Array(directory.rebuildMark.utf8))
        guard found != Adoption() else { return }
        log(
            Note(
                found.quarantined + found.unreadable > 0 ? .warning : .info, subject: directory.index,
                """
                made anew from the blobs in \(Int((time.uptime - start).inSeconds * 1000)) ms: \(found.adopted) chunks, \
                \(found.quarantined) damaged blobs in quarantine, \(found.unreadable) unreadable
                """))
    }
}
