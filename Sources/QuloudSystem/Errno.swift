import CSystem
import Glibc

/// What the system said to a call that failed.
package struct Errno: Error, Sendable, Equatable, CustomStringConvertible {
    /// A code such as `ENOSPC`.
    package let code: Int32
    /// What was tried, in a word or two.
    package let operation: String

    package init(_ code: Int32, _ operation: String) {
        self.code = code
        self.operation = operation
    }

    /// For instance `write: no space left on device (ENOSPC)`.
    package var description: String { "\(operation): \(message)" }

    /// What the system says, without the operation.
    package var message: String {
        guard let name = quloud_error_name(code) else { return "error \(code)" }
        return "\(Self.text(code)) (\(String(cString: name)))"
    }

    /// No room, or no more of the user's share of it.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }

    private static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// Calls until it is not interrupted by a signal; a negative result is thrown.
@discardableResult
func retrying(_ operation: String, _ call: () -> Int) throws(Errno) -> Int {
    while true {
        let result = call()
        guard result < 0 else { return result }
        let code = errno
        guard code == EINTR else { throw Errno(code, operation) }
    }
}

/// Calls with a path or a name, which are raw bytes.
@discardableResult
func retrying(_ operation: String, _ path: [UInt8], _ call: (UnsafePointer<CChar>) -> Int) throws(Errno) -> Int {
    let path = try cString(path, for: operation)
    return try retrying(operation) { call(path) }
}

/// The bytes and a NUL. Throws `EINVAL` when there is one among them.
func cString(_ bytes: [UInt8], for operation: String) throws(Errno) -> [CChar] {
    guard !bytes.contains(0) else { throw Errno(EINVAL, operation) }
    return [CChar](unsafeUninitializedCapacity: bytes.count + 1) { buffer, count in
        for index in bytes.indices { buffer[index] = CChar(bitPattern: bytes[index]) }
        buffer[bytes.count] = 0
        count = bytes.count + 1
    }
}
