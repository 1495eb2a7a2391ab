import Glibc

/// The `nats-server` binaries that integration tests run against.
package enum NATSServers {
    /// Paths from `QULOUD_NATS_SERVERS` (separated by colons), or the one that is installed.
    package static let all: [String] = {
        if let list = getenv("QULOUD_NATS_SERVERS").map({ String(cString: $0) }), !list.isEmpty {
            return list.split(separator: ":").map(String.init)
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let candidates = "\(path):/usr/sbin".split(separator: ":").map { "\($0)/nats-server" }
        return candidates.first { access($0, X_OK) == 0 }.map { [$0] } ?? []
    }()
}
