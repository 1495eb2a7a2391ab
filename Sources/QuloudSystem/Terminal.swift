import Glibc

/// Why the controlling terminal gave no answer.
package enum TerminalError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no controlling terminal.
    case missing
    /// The input ended before a line did.
    case ended
    /// errno
    case failed(CInt)

    /// One line.
    package var description: String {
        switch self {
        case .missing: "no terminal to ask on"
        case .ended: "the terminal was closed before a line was entered"
        case .failed(let code): "cannot read from the terminal: error \(code)"
        }
    }
}

/// The controlling terminal. Its questions block: they belong on a thread that may wait.
package enum Terminal {
    /// Columns of the terminal behind `stream`, or nil when it is none.
    package static func width(of stream: StandardStream) -> Int? {
        guard stream.isTerminal else { return nil }
        var size = winsize()
        guard ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Asks for a line that is shown while it is typed.
    package static func ask(_ question: String) throws(TerminalError) -> String {
        let bytes = try ask(question, isSecret: false)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Asks for a line that is not shown. The caller wipes the bytes.
    package static func askSecret(_ question: String) throws(TerminalError) -> [UInt8] {
        try ask(question, isSecret: true)
    }

    private static func ask(_ question: String, isSecret: Bool) throws(TerminalError) -> [UInt8] {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .missing }
        defer { close(descriptor) }
        var before = termios()
        let canHide = isSecret && tcgetattr(descriptor, &before) == 0
        if canHide {
            var hidden = before
            hidden.c_lflag &= ~tcflag_t(ECHO)
            hidden.c_lflag |= tcflag_t(ECHONL)
            // TCSAFLUSH drops what was typed before the question.
            guard tcsetattr(descriptor, TCSAFLUSH, &hidden) == 0 else { throw .failed(errno) }
        }
        defer { if canHide { tcsetattr(descriptor, TCSAFLUSH, &before) } }
        writeAll(question, to: descriptor)
        return try line(from: descriptor)
    }

    private static func writeAll(_ text: String, to descriptor: CInt) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// One line without its line break; longer ones than 4096 bytes are cut by the terminal itself.
    private static func line(from descriptor: CInt) throws(TerminalError) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(4096)
        while line.count < 4096 {
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed(errno) }
            guard count == 1 else { throw .ended }
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        return line
    }
}
