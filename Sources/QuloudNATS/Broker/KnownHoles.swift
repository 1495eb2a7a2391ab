extension BrokerDoctor {
    /// A published hole: fixed in the given version of each line; lines older than the first are open.
    private struct Hole {
        let name: String
        let effect: String
        let fixedIn: [ServerVersion]

        func affects(_ version: ServerVersion) -> Bool {
            if let sameLine = fixedIn.first(where: { $0.major == version.major && $0.minor == version.minor }) {
                return version < sameLine
            }
            return fixedIn.allSatisfy { version < $0 }
        }
    }

    private static let holes = [
        Hole(
            name: "CVE-2023-47090", effect: "authentication bypass through the default account",
            fixedIn: [ServerVersion(2, 9, 23), ServerVersion(2, 10, 2)]),
        Hole(
            name: "CVE-2025-30215", effect: "administrative requests across accounts",
            fixedIn: [ServerVersion(2, 10, 27), ServerVersion(2, 11, 1)]),
        Hole(
            name: "CVE-2026-33222", effect: "restoring a stream under another name",
            fixedIn: [ServerVersion(2, 11, 15), ServerVersion(2, 12, 6)]),
        Hole(
            name: "CVE-2026-33218", effect: "a stranger can crash it through its leaf node port",
            fixedIn: [ServerVersion(2, 11, 15), ServerVersion(2, 12, 6)]),
    ]

    private static let recommended = ServerVersion(2, 14, 0)

    /// What is known about a server version. Holes listed are those we know of, not all there are.
    static func version(_ text: String) -> Finding {
        guard let version = ServerVersion(in: text) else {
            return Finding(subject: .version, level: .warning, text: "unknown server version", hint: "")
        }
        let open = holes.filter { $0.affects(version) }
        guard !open.isEmpty || version < recommended else {
            return Finding(subject: .version, level: .good, text: "nats-server \(version)", hint: "")
        }
        let list = open.map { "\($0.name) (\($0.effect))" }.joined(separator: ", ")
        let known = open.isEmpty ? "is older than \(recommended)" : "has known holes: \(list)"
        return Finding(
            subject: .version, level: .warning, text: "nats-server \(version) \(known)",
            hint: "use nats-server 2.14 or newer, at least where strangers can connect")
    }
}
