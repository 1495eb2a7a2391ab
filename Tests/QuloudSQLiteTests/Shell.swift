import Glibc

/// Runs a command in a process of its own.
enum Shell {
    struct Failure: Error { let status: Int32 }

    static func run(_ command: String) throws {
        let status = system(command)
        guard status == 0 else { throw Failure(status: status) }
    }
}
