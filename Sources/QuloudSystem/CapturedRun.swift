import CSystem
import Glibc

/// Runs a short program to its end and returns what it printed.
package enum CapturedRun {
    /// - Parameter outputMax: bytes of output that are kept; the rest is cut off.
    /// - Returns: how it ended, and its standard output and error together.
    package static func run(
        _ program: String, _ arguments: [String], outputMax: Int = 16 * 1024
    ) async throws(ChildProcess.SpawnError) -> (exit: ChildProcess.Exit, output: String) {
        // A file in memory cannot fill up and block the child, unlike a pipe.
        let descriptor = quloud_memory_file()
        guard descriptor >= 0 else { throw ChildProcess.SpawnError(program: program, code: -descriptor) }
        defer { close(descriptor) }
        let child = try await ChildProcess.spawn(program, arguments, output: descriptor)
        let exit = await child.wait()
        var bytes = [UInt8](repeating: 0, count: outputMax)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return (exit, String(decoding: bytes[..<max(0, count)], as: UTF8.self))
    }
}
