import Dispatch
import Glibc
import QuloudSystem

/// A Unix socket in the data directory, and lines over it. The blocking calls run on queues of their own.
enum ControlSocket {
    /// A request is a line of at most this many bytes.
    static let requestSizeMax = 1 << 20

    /// Addresses hold 107 bytes only: longer paths go through a descriptor of the folder.
    static func withAddress<Value>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) throws(Errno) -> Value {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let folder = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Errno(errno, "open") }
        defer { Glibc.close(folder) }
        let short = "/proc/self/fd/\(folder)" + path[slash...]
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard short.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Errno(ENAMETOOLONG, "bind") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    static func make() throws(Errno) -> Int32 {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Errno(errno, "socket") }
        return socket
    }

    static func setTimeout(_ socket: Int32, _ option: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// True when all of it was written.
    static func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }
}

/// Splits what comes over a socket into lines.
struct LineReader {
    private let socket: Int32
    private let sizeMax: Int
    private var pending: [UInt8] = []

    init(_ socket: Int32, sizeMax: Int) {
        self.socket = socket
        self.sizeMax = sizeMax
    }

    /// The next line without its end; nil when the other side is gone, too slow or too long-winded. Blocks.
    mutating func next() -> [UInt8]? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeFirst(end + 1) }
                return Array(pending[..<end])
            }
            guard pending.count <= sizeMax else { return nil }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            pending += buffer[..<count]
        }
    }
}
