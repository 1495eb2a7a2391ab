import Glibc
import QuloudCore
import QuloudSystem
import Testing

@testable import QuloudFiles

@Suite struct DirectoryLockTests {
    @Test func theSecondLockNamesTheFirstProcess() async throws {
        try await TestFolder.with { folder in
            let lock = try DirectoryLock(folder.path)
            let path = folder.path
            let pid = getpid()
            let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(path) }
            #expect(error == .alreadyLocked(directory: String(decoding: path, as: UTF8.self), pid: pid))
            lock.close()
            try DirectoryLock(path).close()
        }
    }

    @Test func anotherProcessIsKeptOut() async throws {
        try await TestFolder.with { folder in
            let path = folder.path
            let pid = getpid()
            let lock = try DirectoryLock(path)
            await #expect(processExitsWith: .exitCode(11)) { [path = path as SystemPath, pid = pid as Int32] in
                do throws(DirectoryLockError) {
                    _ = try DirectoryLock(path)
                } catch .alreadyLocked(_, pid) {
                    exit(11)
                } catch {
                    exit(12)
                }
            }
            lock.close()
            // A process that ends without a word gives its lock up too.
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as SystemPath] in
                let lock = try DirectoryLock(path)
                withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
            }
            try DirectoryLock(path).close()
        }
    }

    @Test func aMissingDirectoryIsNamed() {
        let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(Array("/no/such/place".utf8)) }
        #expect(error?.description.contains("/no/such/place") == true)
    }
}
