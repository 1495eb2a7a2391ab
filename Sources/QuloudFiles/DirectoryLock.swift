import Glibc
import QuloudCore
import QuloudSystem
import Synchronization

package enum DirectoryLockError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process uses the directory; its id where it could be read.
    case alreadyLocked(directory: String, pid: Int32?)
    case failed(String)

    package var description: String {
        switch self {
        case .alreadyLocked(let directory, let pid?): "directory \(directory) is in use by process \(pid)"
        case .alreadyLocked(let directory, nil): "directory \(directory) is in use by another process"
        case .failed(let text): text
        }
    }
}

/// Keeps a data directory to one process. Given up by `close`, on release, and by the kernel however the process ends.
package final class DirectoryLock: Sendable {
    private let file: FileDescriptor
    private let isHeld = Atomic(true)

    /// Locks `<directory>/lock` and writes this process's id into it. Does not wait.
    package init(_ directory: SystemPath) throws(DirectoryLockError) {
        do {
            let parent = try FileDescriptor.open(directory.forSystem, O_RDONLY | O_DIRECTORY)
            file = try parent.open(Array("lock".utf8), O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw .failed("cannot lock directory \(directory.text): \(error)")
        }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            guard code == EWOULDBLOCK else {
                throw .failed("cannot lock directory \(directory.text): \(Errno(code, "flock"))")
            }
            throw .alreadyLocked(directory: directory.text, pid: Self.pid(in: file))
        }
        do {
            try file.truncate(to: 0)
            try file.write(Array("\(getpid())\n".utf8))
        } catch {
            throw .failed("cannot lock directory \(directory.text): \(error)")
        }
    }

    /// Gives the lock up. The file stays: removing it would let two processes lock two files of one name.
    package func close() {
        guard isHeld.exchange(false, ordering: .relaxed) else { return }
        try? file.truncate(to: 0)
        // Closing alone would leave the lock to a child process that was forked just now and still has the file open.
        _ = flock(file.number, LOCK_UN)
        try? file.close()
    }

    deinit { close() }

    private static func pid(in file: FileDescriptor) -> Int32? {
        guard let bytes = try? file.read(at: 0, count: 16) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
