import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

/// The folder that is restored to: opens directories in it name by name without following links, and gives whole
/// entries their names.
final class RestoreFolder: Sendable {
    private struct Cache {
        var directories: [TreePath: (directory: FileDescriptor, lastUse: UInt64)] = [:]
        var uses: UInt64 = 0
    }

    private static let openMax = 128

    let root: FileDescriptor
    let overwrite: Bool
    /// Files get their first name when they are whole, so that a process that is killed leaves nothing.
    private let usesUnnamedFiles: Bool
    private let cache = Mutex(Cache())

    init(_ path: SystemPath, overwrite: Bool) throws(Errno) {
        root = try openMakingDirectories(path)
        self.overwrite = overwrite
        usesUnnamedFiles = (try? root.openUnnamed(mode: 0o600)) != nil && access("/proc/self/fd", X_OK) == 0
    }

    /// The directory at `path`. `.changed` when a name on the way is no directory.
    func directory(_ path: TreePath) throws(TreeError) -> FileDescriptor {
        var missing: [TreePath] = []
        var known = path
        var directory = root
        while known != .base {
            if let open = cached(known) {
                directory = open
                break
            }
            missing.append(known)
            known = known.parent
        }
        do {
            for path in missing.reversed() {
                directory = try directory.openDirectory(Array(path.name))
                keep(directory, at: path)
            }
        } catch {
            throw TreeError(error)
        }
        return directory
    }

    /// The directory that is to hold `path`, and the last name.
    func place(_ path: TreePath) throws(TreeError) -> (directory: FileDescriptor, name: [UInt8]) {
        guard path != .base else { throw TreeError(.exists, "create: the restore folder itself") }
        return (try directory(path.parent), Array(path.name))
    }

    /// Throws `.exists` when `name` is taken and must not be overwritten.
    func refuseTaken(_ name: [UInt8], in directory: FileDescriptor) throws(TreeError) {
        guard !overwrite else { return }
        do {
            _ = try directory.status(of: name)
        } catch  where error.code == ENOENT {
            return
        } catch {
            throw TreeError(error)
        }
        throw .taken
    }

    /// Forgets open directories, when one may have been removed.
    func forget(_ path: TreePath) {
        cache.withLock { cache in cache.directories = cache.directories.filter { !path.contains($0.key) } }
    }

    private func cached(_ path: TreePath) -> FileDescriptor? {
        cache.withLock { cache in
            guard let found = cache.directories[path] else { return nil }
            cache.uses += 1
            cache.directories[path] = (found.directory, cache.uses)
            return found.directory
        }
    }

    private func keep(_ directory: FileDescriptor, at path: TreePath) {
        cache.withLock { cache in
            if cache.directories.count >= Self.openMax,
                let oldest = cache.directories.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                cache.directories[oldest.key] = nil
            }
            cache.uses += 1
            cache.directories[path] = (directory, cache.uses)
        }
    }
}

// MARK: - Naming what is whole

extension RestoreFolder {
    /// A file under way in `directory`; `name` is its temporary name, if it has one.
    func stage(in directory: FileDescriptor) throws(Errno) -> (file: FileDescriptor, name: [UInt8]?) {
        if usesUnnamedFiles {
            do {
                return (try directory.openUnnamed(mode: 0o600), nil)
            } catch  where error.code == EOPNOTSUPP || error.code == EISDIR || error.code == ENOENT {
                // Another file system may be mounted below the root.
            }
        }
        let name = Self.temporaryName()
        return (try directory.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600), name)
    }

    static func temporaryName() -> [UInt8] { QuloudFiles.temporaryName(".quloud-restore-") }

    /// Gives a file without a name that of `path`.
    func publish(unnamed file: FileDescriptor, as name: [UInt8], in directory: FileDescriptor) throws(Errno) {
        do {
            try directory.link(unnamed: file, as: name)
        } catch  where error.code == EEXIST && overwrite {
            let temporary = Self.temporaryName()
            try directory.link(unnamed: file, as: temporary)
            try publish(temporary, as: name, in: directory)
        }
    }

    /// Renames; what cannot be renamed is removed.
    func publish(_ temporary: [UInt8], as name: [UInt8], in directory: FileDescriptor) throws(Errno) {
        do throws(Errno) {
            if overwrite {
                try replace(name, by: temporary, in: directory)
            } else {
                try renameNew(temporary, to: name, in: directory)
            }
        } catch {
            try? directory.unlink(temporary)
            throw error
        }
    }

    private func renameNew(_ temporary: [UInt8], to name: [UInt8], in directory: FileDescriptor) throws(Errno) {
        do {
            try directory.rename(new: temporary, in: directory, to: name)
        } catch  where error.code == EINVAL || error.code == ENOSYS {
            // Some file systems know no rename that spares what is there; a link never replaces.
            try directory.link(temporary, in: directory, as: name)
            try directory.unlink(temporary)
        }
    }

    private func replace(_ name: [UInt8], by temporary: [UInt8], in directory: FileDescriptor) throws(Errno) {
        do {
            try directory.rename(temporary, in: directory, to: name)
        } catch  where error.code == EISDIR {
            // Only an empty directory makes room for a file.
            try directory.removeDirectory(name)
            try directory.rename(temporary, in: directory, to: name)
        }
        // Renaming one link of a file over another does nothing and leaves both.
        try? directory.unlink(temporary)
    }
}
