import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

/// A file being restored, mode 0600 until it is whole.
final class FileRestoreFile: RestoreFile {
    private let folder: RestoreFolder
    private let pool: BlockingPool
    private let path: TreePath
    private let directory: FileDescriptor
    private let name: [UInt8]
    private let file: FileDescriptor
    private let temporary: [UInt8]?
    private let isFinished = Atomic(false)
    private let written = Atomic(0)
    /// Where the last byte written ends.
    private let end = Atomic<Int64>(0)
    private static let stride = 8 << 20

    /// Blocks for a few calls.
    /// - Parameter early: whether a name that is taken is found out now, not only in the end.
    init(_ path: TreePath, in folder: RestoreFolder, pool: BlockingPool, early: Bool = true) throws(TreeError) {
        let (directory, name) = try folder.place(path)
        if early { try folder.refuseTaken(name, in: directory) }
        do {
            (file, temporary) = try folder.stage(in: directory)
        } catch {
            throw TreeError(error)
        }
        self.folder = folder
        self.pool = pool
        self.path = path
        self.directory = directory
        self.name = name
    }

    deinit {
        if let temporary, !isFinished.load(ordering: .relaxed) { try? directory.unlink(temporary) }
    }

    func write(_ bytes: [UInt8], from start: Int, count: Int, at offset: Int64) async throws(TreeError) {
        try await pool.tree { [file] () throws(Errno) in
            try file.write(bytes, from: start, count: count, at: offset)
        }
        if count > 0 { note(end: offset + Int64(count)) }
        let (before, now) = written.wrappingAdd(count, ordering: .relaxed)
        guard before / Self.stride != now / Self.stride else { return }
        // The disk works meanwhile, and the sync in the end has less to wait for.
        await pool.run { [file] in file.startWriting() }
    }

    func finish(size: Int64, attributes: EntryAttributes) async throws(TreeError) -> [String] {
        try await pool.run { () throws(TreeError) in try self.finishNow(size: size, attributes: attributes) }
    }

    /// Blocking.
    func finishNow(size: Int64, attributes: EntryAttributes) throws(TreeError) -> [String] {
        guard !isFinished.exchange(true, ordering: .relaxed) else {
            throw TreeError(.failed, "finish: finished before")
        }
        do throws(Errno) {
            if end.load(ordering: .relaxed) != size { try file.truncate(to: size) }
            let notes = AttributeWriter.apply(attributes, to: .open(file))
            if let temporary {
                try folder.publish(temporary, as: name, in: directory)
            } else {
                try folder.publish(unnamed: file, as: name, in: directory)
            }
            if folder.overwrite { folder.forget(path) }
            return notes
        } catch {
            if let temporary { try? directory.unlink(temporary) }
            throw TreeError(error)
        }
    }

    /// Blocking.
    func writeNow(_ bytes: [UInt8]) throws(TreeError) {
        do {
            try file.write(bytes)
        } catch {
            throw TreeError(error)
        }
        note(end: Int64(bytes.count))
    }

    private func note(end offset: Int64) { end.max(offset, ordering: .relaxed) }
}
