import Glibc

/// Standard output and standard error, without stdio's shared buffers.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Writes `text` with one write(2) where the system takes it at once, so that lines of several threads do not mix.
    /// Returns false when nobody reads any more, or the disk is full.
    @discardableResult
    package func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(rawValue, part.baseAddress, part.count)
                let code = errno
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if code == EAGAIN {
                    var wanted = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                    poll(&wanted, 1, -1)
                } else if code != EINTR {
                    return false
                }
            }
            return true
        }
    }

    /// Whether a person looks at it.
    package var isTerminal: Bool { isatty(rawValue) == 1 }
}
