import Glibc
import QuloudSystem

/// A `nats-server` binary and its version.
package struct ServerBinary: Sendable, Equatable {
    package let path: String
    package let version: ServerVersion

    /// Looks at the configured path, or through `PATH` and the places where packages put it.
    /// - Throws: `serverNotFound`, `cannotStart`.
    package static func find(configured: String? = nil) async throws(BrokerError) -> ServerBinary {
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
        let usual = folders + ["/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/bin"]
        let candidates = configured.map { [$0] } ?? usual.map { $0 + "/nats-server" }
        guard let path = candidates.first(where: { $0.hasPrefix("/") && access($0, X_OK) == 0 }) else {
            throw BrokerError(
                .serverNotFound,
                configured.map { "no program at \($0)" } ?? "nats-server is not installed (apt: nats-server)")
        }
        let output: String
        do throws(ChildProcess.SpawnError) {
            output = try await CapturedRun.run(path, ["--version"]).output
        } catch {
            throw BrokerError(.cannotStart, error.description)
        }
        guard let version = ServerVersion(in: output) else {
            throw BrokerError(.cannotStart, "\(path) is no nats-server")
        }
        return ServerBinary(path: path, version: version)
    }
}

/// `major.minor.patch` of a NATS server.
package struct ServerVersion: Sendable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Finds the first `1.2.3` in a text such as `nats-server: v2.9.10` or `2.15.1-RC.2`.
    package init?(in text: String) {
        for word in text.split(whereSeparator: { !$0.isNumber && $0 != "." }) {
            let numbers = word.split(separator: ".").map { Int($0) }
            guard numbers.count >= 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
                continue
            }
            self.init(major, minor, patch)
            return
        }
        return nil
    }

    package var description: String { "\(major).\(minor).\(patch)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
