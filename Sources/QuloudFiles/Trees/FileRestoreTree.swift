import Glibc
import QuloudCore
import QuloudSystem

/// Restores below a folder of this machine.
///
/// Directories are open to their owner alone, and files are without a name, until they are finished. Durable after
/// `sync`, which syncs the whole file system once.
package final class FileRestoreTree: RestoreTree {
    private let folder: RestoreFolder
    private let pool = BlockingPool(label: "quloud.restore", width: 4)

    /// Opens the folder at `root`, made with its parents where missing; a few blocking calls.
    /// - Parameter overwrite: entries in the way are replaced, except directories that are not empty.
    package init(root: SystemPath, overwrite: Bool) throws(TreeError) {
        do {
            folder = try RestoreFolder(root, overwrite: overwrite)
        } catch {
            throw TreeError(error)
        }
    }

    package func makeDirectory(_ path: TreePath) async throws(TreeError) {
        guard path != .base else { return }
        try await pool.run { [folder] () throws(TreeError) in
            let (directory, name) = try folder.place(path)
            do throws(Errno) {
                do throws(Errno) {
                    try directory.makeDirectory(name, mode: 0o700)
                } catch  where error.code == EEXIST {
                    try Self.enter(name, in: directory, overwrite: folder.overwrite)
                }
            } catch {
                throw TreeError(error)
            }
        }
    }

    /// Uses the directory that is there, or makes one of what is there.
    private static func enter(_ name: [UInt8], in directory: FileDescriptor, overwrite: Bool) throws(Errno) {
        let status = try directory.status(of: name)
        if status.kind == .directory {
            // Its final mode is set when it is finished; until then things are to be made in it.
            guard status.permissions & 0o700 != 0o700, status.user == geteuid() else { return }
            return try directory.openDirectory(name).setPermissions(status.permissions | 0o700)
        }
        guard overwrite else { throw Errno(EEXIST, "make the directory") }
        try directory.unlink(name)
        try directory.makeDirectory(name, mode: 0o700)
    }

    package func makeSymlink(
        _ path: TreePath, target: [UInt8], attributes: EntryAttributes
    ) async throws(TreeError) -> [String] {
        try await pool.run { [folder] () throws(TreeError) in
            let (directory, name) = try folder.place(path)
            try folder.refuseTaken(name, in: directory)
            let temporary = RestoreFolder.temporaryName()
            do throws(Errno) {
                try directory.symlink(temporary, target: target)
                let notes = AttributeWriter.apply(attributes, to: .symlink(temporary, in: directory))
                try folder.publish(temporary, as: name, in: directory)
                if folder.overwrite { folder.forget(path) }
                return notes
            } catch {
                throw TreeError(error)
            }
        }
    }

    package func makeHardLink(_ path: TreePath, to original: TreePath) async throws(TreeError) {
        try await pool.run { [folder] () throws(TreeError) in
            let (directory, name) = try folder.place(path)
            let (originalDirectory, originalName) = try folder.place(original)
            do throws(Errno) {
                do throws(Errno) {
                    try directory.link(originalName, in: originalDirectory, as: name)
                } catch  where error.code == EEXIST && folder.overwrite {
                    let temporary = RestoreFolder.temporaryName()
                    try directory.link(originalName, in: originalDirectory, as: temporary)
                    try folder.publish(temporary, as: name, in: directory)
                    folder.forget(path)
                }
            } catch {
                throw TreeError(error)
            }
        }
    }

    package func makeFile(_ path: TreePath) async throws(TreeError) -> any RestoreFile {
        try await pool.run { [folder, pool] () throws(TreeError) in
            try FileRestoreFile(path, in: folder, pool: pool)
        }
    }

    package func makeFiles(_ files: [SmallFile]) async -> [Result<[String], TreeError>] {
        await pool.run { [folder, pool] in
            files.map { file in
                Result { () throws(TreeError) in
                    let restored = try FileRestoreFile(file.path, in: folder, pool: pool, early: false)
                    try restored.writeNow(file.content)
                    return try restored.finishNow(size: Int64(file.content.count), attributes: file.attributes)
                }
            }
        }
    }

    package func finishDirectory(
        _ path: TreePath, attributes: EntryAttributes
    ) async throws(TreeError) -> [String] {
        try await pool.run { [folder] () throws(TreeError) in
            AttributeWriter.apply(attributes, to: .open(try folder.directory(path)))
        }
    }

    package func sync() async throws(TreeError) {
        try await pool.tree { [folder] () throws(Errno) in try folder.root.syncFileSystem() }
    }
}
