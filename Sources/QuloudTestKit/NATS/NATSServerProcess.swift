import Glibc
import QuloudSystem
import Synchronization

/// A real `nats-server` on a loopback port of its own, with a store in a temporary folder that goes away with it.
package actor NATSServerProcess {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The folder of its configuration, store and log.
    package nonisolated let folder: TestFolder
    private let binary: String
    private let jetStream: Bool
    private let extra: String
    private var child: ChildProcess?
    /// The same over all restarts.
    package private(set) var port: UInt16 = 0

    /// Starts a server and returns once it listens.
    /// - Parameter extra: more lines for its configuration file.
    package static func start(
        _ binary: String, jetStream: Bool = true, extra: String = "", folder: TestFolder? = nil
    ) async throws -> NATSServerProcess {
        let server = NATSServerProcess(binary, jetStream, extra, try folder ?? TestFolder())
        try await server.start()
        return server
    }

    private init(_ binary: String, _ jetStream: Bool, _ extra: String, _ folder: TestFolder) {
        self.binary = binary
        self.jetStream = jetStream
        self.extra = extra
        self.folder = folder
    }

    deinit {
        child?.signal(SIGKILL)
    }

    package var url: String { "nats://127.0.0.1:\(port)" }

    /// Starts it again, on the same port and store.
    package func start() async throws {
        guard port == 0 else { return try await launch() }
        // Another process may take a free port before the server does.
        for attempt in 1... {
            port = try Self.freePort()
            do {
                return try await launch()
            } catch let error as Failure where attempt < 5 && error.description.contains("address already in use") {
                continue
            }
        }
    }

    private func launch() async throws {
        let store = jetStream ? "jetstream { store_dir: \"\(folder.path)/store\" }" : ""
        try folder.write("server.conf", "host: 127.0.0.1\nport: \(port)\nserver_name: test\n\(store)\n\(extra)\n")
        let log = open(folder.path + "/server.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw Failure(description: "cannot open the server's log") }
        defer { close(log) }
        let child = try await ChildProcess.spawn(binary, ["-c", folder.path + "/server.conf"], output: log)
        self.child = child
        let deadline = ContinuousClock.now + .seconds(20)
        // Its own word, not an open port: that might be somebody else's.
        while !folder.read("server.log").contains("Server is ready") {
            guard child.exit == nil, .now < deadline else {
                child.signal(SIGKILL)
                throw Failure(description: "nats-server does not start: \(folder.read("server.log"))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Stops it in order and waits for its end.
    package func stop() async {
        child?.signal(SIGTERM)
        _ = await child?.wait()
        child = nil
    }

    /// `kill -9`, and waits for its end.
    package func kill() async {
        child?.signal(SIGKILL)
        _ = await child?.wait()
        child = nil
    }

    /// Throws everything away that the stopped server had stored.
    package func wipeStore() {
        folder.remove("store")
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static let handedOut = Mutex<Set<UInt16>>([])

    /// A port that nobody uses and that no other test was given, below the range from which outgoing connections are served.
    package static func freePort() throws -> UInt16 {
        for _ in 0..<200 {
            let port = UInt16.random(in: 12_000..<20_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            var address = address(port)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            if bound, handedOut.withLock({ $0.insert(port).inserted }) { return port }
        }
        throw Failure(description: "no free port")
    }
}
