import Glibc

/// Asks a broker's port who is there. libnats says only "no server" for half a dozen reasons; this tells them apart.
/// Blocks: call it from a queue of its own.
enum InfoProbe {
    private static let lineBytesMax = 64 * 1024

    /// - Returns: the server's greeting, which is sent before TLS and before any credentials.
    /// - Throws: `unknownHost`, `connectionRefused`, `unreachable`, `notNATS`.
    static func greet(_ address: BrokerAddress, timeout: Duration) throws(NATSError) -> NATSServerInfo {
        var failure = NATSError(.unreachable, "connect to", address.description)
        for target in try resolve(address) {
            do throws(NATSError) {
                return try greet(target, address, timeout)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private struct Target {
        var storage: sockaddr_storage
        var length: socklen_t
    }

    private static func resolve(_ address: BrokerAddress) throws(NATSError) -> [Target] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard code == 0, let first = list else {
            let why = gai_strerror(code).map { String(cString: $0) } ?? ""
            throw NATSError(.unknownHost, "connect to", address.description, detail: why)
        }
        defer { freeaddrinfo(first) }
        var targets: [Target] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            var target = Target(storage: sockaddr_storage(), length: entry.pointee.ai_addrlen)
            if let source = entry.pointee.ai_addr, Int(target.length) <= MemoryLayout<sockaddr_storage>.size {
                memcpy(&target.storage, source, Int(target.length))
                targets.append(target)
            }
            next = entry.pointee.ai_next
        }
        return targets
    }

    private static func greet(
        _ target: Target, _ address: BrokerAddress, _ timeout: Duration
    ) throws(NATSError) -> NATSServerInfo {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(Int32(target.storage.ss_family), kind, 0)
        guard descriptor >= 0 else { throw failure(errno, address) }
        defer { close(descriptor) }
        let deadline = ContinuousClock.Instant.now + timeout
        var storage = target.storage
        let result = withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, target.length) }
        }
        if result != 0 {
            guard errno == EINPROGRESS else { throw failure(errno, address) }
            try wait(descriptor, POLLOUT, deadline, address)
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else { throw failure(code, address) }
        }
        let line = try readLine(descriptor, deadline, address)
        guard let info = NATSServerInfo(line: line) else {
            throw NATSError(.notNATS, "connect to", address.description)
        }
        return info
    }

    private static func readLine(
        _ descriptor: Int32, _ deadline: ContinuousClock.Instant, _ address: BrokerAddress
    ) throws(NATSError) -> [UInt8] {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while line.count < lineBytesMax {
            try wait(descriptor, POLLIN, deadline, address)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { throw count < 0 ? failure(errno, address) : notNATS(address) }
            line += buffer[..<count]
            if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return Array(line[..<end]) }
            guard line.prefix(5).elementsEqual("INFO ".utf8.prefix(line.count)) else { throw notNATS(address) }
        }
        throw notNATS(address)
    }

    private static func wait(
        _ descriptor: Int32, _ events: Int32, _ deadline: ContinuousClock.Instant, _ address: BrokerAddress
    ) throws(NATSError) {
        while true {
            let left = deadline - .now
            guard left > .zero else {
                throw NATSError(.unreachable, "connect to", address.description, detail: "no answer in time")
            }
            var item = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
            let count = poll(&item, 1, Int32(clamping: left.milliseconds))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw failure(errno, address) }
        }
    }

    private static func notNATS(_ address: BrokerAddress) -> NATSError {
        NATSError(.notNATS, "connect to", address.description)
    }

    private static func failure(_ code: Int32, _ address: BrokerAddress) -> NATSError {
        let kind: NATSError.Kind = code == ECONNREFUSED ? .connectionRefused : .unreachable
        let why = strerror(code).map { String(cString: $0) } ?? ""
        return NATSError(kind, "connect to", address.description, detail: kind == .connectionRefused ? "" : why)
    }
}
