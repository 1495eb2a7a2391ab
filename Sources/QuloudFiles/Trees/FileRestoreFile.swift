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
    private static let stride = 8 << 20

    /// Blocks for a few calls.
    init(_ path: TreePath, in folder: RestoreFolder, pool: BlockingPool) throws(TreeError) {
        let (directory, name) = try folder.place(path)
        try folder.refuseTaken(name, in: directory)
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
        let before = written.add(count, ordering: .relaxed).oldValue
        let isDue = before / Self.stride != (before + count) / Self.stride
        try await pool.tree { [file] () throws(Errno) in
            try file.write(bytes, from: start, count: count, at: offset)
            // The disk works meanwhile, and the sync in the end has less to wait for.
            if isDue { file.startWriting() }
        }
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
            try file.truncate(to: size)
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
    }
}
