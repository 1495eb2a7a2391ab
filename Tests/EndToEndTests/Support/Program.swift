import Foundation
import Glibc
import QuloudSystem
import QuloudTestKit

/// The built `quloud`, run as a process of its own.
enum Program {
    /// Beside the test bundle.
    static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (bundle as NSString).deletingLastPathComponent + "/quloud"
    }()

    /// What it finds: nothing of the environment that the tests run in.
    static func environment(home: String, _ settings: [String: String]) -> [String] {
        ["PATH=/usr/bin:/bin:/usr/sbin", "HOME=\(home)", "TZ=UTC"] + settings.map { "\($0)=\($1)" }
    }

    /// Starts it; its output, both kinds together, goes to a file.
    static func start(
        _ arguments: [String], output: String, home: String, _ settings: [String: String]
    ) async throws -> ChildProcess {
        let file = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure("cannot write \(output)") }
        defer { close(file) }
        return try await ChildProcess.spawn(
            path, arguments, environment: environment(home: home, settings), output: file)
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], home: String, _ settings: [String: String] = [:]
    ) async throws -> Outcome {
        try await begin(arguments, home: home, settings).outcome()
    }

    /// Starts a command and lets it run.
    static func begin(
        _ arguments: [String], home: String, _ settings: [String: String] = [:]
    ) async throws -> Running {
        let output = home + "/output-\(UInt64.random(in: 0 ... .max))"
        let child = try await start(arguments, output: output, home: home, settings)
        return Running(arguments: arguments, process: child, output: output)
    }
}

/// A command that may still run.
struct Running: Sendable {
    let arguments: [String]
    let process: ChildProcess
    fileprivate let output: String

    /// Waits for its end.
    func outcome() async -> Outcome {
        let exit = await process.wait()
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        unlink(output)
        return Outcome(arguments: arguments, exit: exit, text: text)
    }
}

/// How a command ended and what it said.
struct Outcome: Sendable, CustomStringConvertible {
    let arguments: [String]
    let exit: ChildProcess.Exit
    /// Standard output and error together.
    let text: String

    var description: String { "quloud \(arguments.joined(separator: " ")): \(exit)\n\(text)" }

    /// The result or the error of a command with `--json`: the last line that is such an object.
    func object<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        for line in text.split(separator: "\n").reversed() {
            if let value = try? JSONDecoder().decode(type, from: Data(line.utf8)) { return value }
        }
        throw Missing(outcome: self)
    }

    struct Missing: Error, CustomStringConvertible {
        let outcome: Outcome
        var description: String { "no object in what was printed by \(outcome)" }
    }
}

/// An error of a command with `--json`.
struct Complaint: Decodable {
    let error: String
    let hint: String?
    let code: Int
}
