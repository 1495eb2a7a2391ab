import Glibc
import QuloudCore
import QuloudSystem

/// The owner's folders on this machine's file systems.
///
/// Paths must be free of symbolic links from the top, as `resolve` returns them and as `list` leads from there; a link
/// anywhere in a path is `.changed`. On kernels before 5.6 only the last name is guarded.
package final class FileSourceTree: SourceTree {
    private let pool: BlockingPool

    /// - Parameter width: calls to the file system at the same time.
    package init(width: Int = 4) { pool = BlockingPool(label: "quloud.source", width: width) }

    /// The absolute path, free of links, of what a user named; relative to the working directory.
    package func resolve(_ path: [UInt8]) async throws(TreeError) -> SystemPath {
        try await pool.run { () throws(TreeError) in
            guard !path.contains(0) else { throw TreeError(Errno(EINVAL, "resolve the path")) }
            let terminated = path.map(CChar.init(bitPattern:)) + [0]
            guard let resolved = realpath(terminated, nil) else { throw TreeError(Errno(errno, "resolve the path")) }
            defer { free(resolved) }
            let bytes = [UInt8](UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
            return bytes == [UInt8(ascii: "/")] ? [] : bytes
        }
    }

    package func entry(at path: SystemPath) async throws(TreeError) -> SourceEntry {
        try await pool.tree { () throws(Errno) in
            guard !path.isEmpty else {
                return try SourceEntries.entry([UInt8(ascii: ".")], in: Self.openDirectory(path), as: [])
            }
            let (parent, name) = path.parentAndName
            return try SourceEntries.entry(name, in: Self.openDirectory(parent))
        }
    }

    package func list(_ directory: SystemPath) async throws(TreeError) -> [SourceEntry] {
        try await pool.tree { () throws(Errno) in try SourceEntries.all(in: Self.openDirectory(directory)) }
    }

    package func read(_ files: [SourceEntry], in directory: SystemPath) async -> [Result<[UInt8], TreeError>] {
        await pool.run {
            do throws(Errno) {
                let folder = try Self.openDirectory(directory)
                return files.map { file in Result { () throws(TreeError) in try Self.content(of: file, in: folder) } }
            } catch {
                return files.map { _ in .failure(TreeError(error)) }
            }
        }
    }

    package func open(_ path: SystemPath) async throws(TreeError) -> any SourceFile {
        try await pool.run { [pool] () throws(TreeError) in
            do throws(Errno) {
                let file = try FileDescriptor.openForReading(withoutLinks: path.forSystem)
                let status = try file.status()
                guard status.kind == .file else { throw Errno(ENOTDIR, "open") }
                file.adviseSequential()
                return FileSourceFile(file, stamp: status.stamp, pool: pool)
            } catch  where error.code == ENOTDIR {
                throw TreeError(.changed, "open: not a regular file any more")
            } catch {
                throw TreeError(error)
            }
        }
    }

    private static func openDirectory(_ path: SystemPath) throws(Errno) -> FileDescriptor {
        try FileDescriptor.openForReading(withoutLinks: path.forSystem, O_DIRECTORY)
    }

    private static func content(of entry: SourceEntry, in folder: FileDescriptor) throws(TreeError) -> [UInt8] {
        do throws(Errno) {
            let file = try folder.openForReading(entry.name)
            let before = try file.status()
            guard before.kind == .file, before.stamp == entry.stamp else { throw Errno(ESTALE, "") }
            let bytes = try file.read(at: 0, count: Int(entry.stamp.size))
            let after = try file.status()
            guard after.stamp == entry.stamp, bytes.count == Int(entry.stamp.size) else { throw Errno(ESTALE, "") }
            return bytes
        } catch  where error.operation.isEmpty {
            throw TreeError.isChanged
        } catch {
            throw TreeError(error)
        }
    }
}

/// An open file of the owner's.
private final class FileSourceFile: SourceFile {
    let stamp: FileStamp
    private let file: FileDescriptor
    private let pool: BlockingPool

    init(_ file: FileDescriptor, stamp: FileStamp, pool: BlockingPool) {
        self.file = file
        self.stamp = stamp
        self.pool = pool
    }

    func dataRanges() async throws(TreeError) -> [Range<Int64>] {
        try await pool.tree { [file, stamp] () throws(Errno) in try file.dataRanges(size: stamp.size) }
    }

    func read(at offset: Int64, count: Int, behind head: ArraySlice<UInt8>) async throws(TreeError) -> [UInt8] {
        try await pool.tree { [file] () throws(Errno) in try file.read(at: offset, count: count, behind: head) }
    }

    func currentStamp() async throws(TreeError) -> FileStamp {
        try await pool.tree { [file] () throws(Errno) in try file.status().stamp }
    }
}
