import Glibc
import QuloudSystem

/// The broker's directory: configuration, password, port, pid, log and store. All of it 0700/0600.
struct BrokerFiles: Sendable {
    let directory: String

    var configuration: String { directory + "/broker.conf" }
    var log: String { directory + "/broker.log" }
    var store: String { directory + "/store" }
    private var password: String { directory + "/broker.password" }
    private var port: String { directory + "/broker.port" }
    private var storeVersion: String { directory + "/store.version" }
    private var pid: String { directory + "/broker.pid" }

    func prepare() throws(BrokerError) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Self.failure("make", directory) }
        guard chmod(directory, 0o700) == 0 else { throw Self.failure("protect", directory) }
    }

    /// The password of the loopback broker: made once, so that other local users cannot use it.
    func loginOrNew() throws(BrokerError) -> BrokerConfig.Login {
        if let known = savedLogin() { return known }
        var generator = SystemRandomNumberGenerator()
        let digits = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let fresh = String((0..<40).compactMap { _ in digits.randomElement(using: &generator) })
        try write(fresh + "\n", to: password)
        return .init(user: "quloud", password: fresh)
    }

    func savedLogin() -> BrokerConfig.Login? {
        guard let text = Self.read(password)?.split(separator: "\n").first, text.count >= 20 else { return nil }
        return .init(user: "quloud", password: String(text))
    }

    func savedPort() -> UInt16? {
        Self.read(port).flatMap { UInt16($0.prefix { $0.isNumber }) }
    }

    func save(port number: UInt16) throws(BrokerError) {
        try write("\(number)\n", to: port)
    }

    /// Deletes what a newer server has stored: an older one reads it, but wrongly, and then delivers nothing. Nothing rests
    /// on the store; what is in it is sent again.
    func claimStore(for version: ServerVersion) throws(BrokerError) {
        let last = Self.read(storeVersion).flatMap { ServerVersion(in: $0) }
        if let last, (version.major, version.minor) < (last.major, last.minor) {
            do {
                try FileDescriptor.open(Array(directory.utf8), O_RDONLY | O_DIRECTORY).removeTree(Array("store".utf8))
            } catch {
                guard error.code == ENOENT else { throw BrokerError(.files, "cannot delete \(store): \(error)") }
            }
        }
        try write("\(version)\n", to: storeVersion)
    }

    /// The last lines of the server's log, for error messages.
    func logTail() -> String {
        guard let text = Self.read(log, fromEnd: true) else { return "" }
        let lines = text.split(separator: "\n").suffix(40)
        let errors = lines.filter { $0.contains("[FTL]") || $0.contains("[ERR]") || !$0.hasPrefix("[") }
        return (errors.isEmpty ? lines.suffix(2) : errors.suffix(3)).joined(separator: " / ")
    }

    /// Opens the log for appending; one that grew large is set aside first.
    func openLog() throws(BrokerError) -> Int32 {
        var facts = stat()
        if stat(log, &facts) == 0, facts.st_size > 8 << 20 { rename(log, log + ".1") }
        let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", log) }
        return descriptor
    }

    /// The server that an earlier life of ours left behind, if it still runs and really is ours.
    func leftover() -> pid_t? {
        guard let text = Self.read(pid), let id = pid_t(text.prefix { $0.isNumber }), id > 1 else { return nil }
        return isOurs(id) ? id : nil
    }

    /// True when process `id` runs with our configuration file: a reused number must never be signalled.
    func isOurs(_ id: pid_t) -> Bool {
        guard let line = Self.read("/proc/\(id)/cmdline") else { return false }
        return line.split(separator: "\0").contains { $0 == configuration }
    }

    func removePID() {
        unlink(pid)
    }

    /// Replaces a file as a whole, readable by its owner only.
    func write(_ text: String, to path: String) throws(BrokerError) {
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("write", path) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        let synced = done == bytes.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, synced, rename(fresh, path) == 0 else { throw Self.failure("write", path) }
    }

    static func read(_ path: String, fromEnd: Bool = false) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        if fromEnd { lseek(descriptor, -off_t(bytes.count), Int32(SEEK_END)) }
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static func failure(_ what: String, _ path: String) -> BrokerError {
        BrokerError(.files, "cannot \(what) \(path): \(strerror(errno).map { String(cString: $0) } ?? "")")
    }
}
