import Glibc
import QuloudCore
import QuloudSystem

extension TreeError {
    /// Something that is not what it was, or not what was asked for, is `.changed`.
    init(_ error: Errno) {
        guard error.code != EEXIST else {
            self = .taken
            return
        }
        let kind: Kind =
            switch error.code {
            case ENOENT, ESTALE: .vanished
            case EACCES, EPERM: .denied
            case ELOOP, ENOTDIR, ENXIO: .changed
            case ENOTEMPTY, EISDIR: .exists
            case ENOSPC, EDQUOT: .full
            default: .failed
            }
        self.init(kind, error.description)
    }

    static let taken = TreeError(.exists, "create: there is such an entry already, and it is not to be overwritten")
    static let isChanged = TreeError(.changed, "read: the file changed meanwhile")
}

extension BlockingPool {
    /// Runs calls that fail with the system's errors.
    func tree<Value: Sendable>(
        _ body: @escaping @Sendable () throws(Errno) -> Value
    ) async throws(TreeError) -> Value {
        do {
            return try await run(body)
        } catch {
            throw TreeError(error)
        }
    }
}
