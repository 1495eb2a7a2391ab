import CNATS
import Glibc

/// A message as it came from the broker. Its payload stays where the library put it until somebody wants it as an array.
package struct NATSMessage: Sendable {
    private enum Body: Sendable {
        case array([UInt8])
        case library(LibraryMessage)
    }

    package let subject: String
    package let reply: String?
    private let body: Body
    /// Names as the server sent them; the order is not kept. Empty when they are more than `headerCountMax` bytes.
    package let headers: [String: [String]]
    /// Bytes of the headers, also of those that were not read.
    private let headerCount: Int
    /// More than the server or a node sends. The library goes through all values of a name to add the next, so that a
    /// message full of them would hold up everything that comes after it.
    private static let headerCountMax = 2048

    package init(subject: String, reply: String? = nil, payload: [UInt8] = [], headers: [String: [String]] = [:]) {
        self.subject = subject
        self.reply = reply
        body = .array(payload)
        self.headers = headers
        headerCount = 0
    }

    /// The first value of a header, or nil.
    package func header(_ name: String) -> String? { headers[name]?.first }

    /// The status of a message that the server made itself: 100, 404, 408, 409, 503; nil for ordinary messages.
    package var status: Int? { header("Status").flatMap(Int.init) }

    private init(subject: String, _ other: NATSMessage) {
        self.subject = subject
        reply = nil
        body = other.body
        headers = other.headers
        headerCount = other.headerCount
    }

    /// The same content under the subject that it was stored under.
    func stored(as subject: String) -> NATSMessage { NATSMessage(subject: subject, self) }

    /// A copy of the payload.
    package var payload: [UInt8] { withPayload { Array($0) } }

    package var payloadCount: Int { withPayload { $0.count } }

    /// What the message takes of an inbox's bytes.
    var size: Int { payloadCount + headerCount }

    /// Calls `body` with the payload where it lies; the pointer is valid only during the call.
    package func withPayload<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        switch self.body {
        case .array(let bytes): bytes.withUnsafeBytes(body)
        case .library(let message): message.withPayload(body)
        }
    }

    /// Takes `message` over, and destroys it with the last copy of this.
    init(taking message: OpaquePointer) {
        subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
        reply = natsMsg_GetReply(message).map { String(cString: $0) }
        headerCount = Self.countHeaders(of: message)
        headers = headerCount > Self.headerCountMax ? [:] : Self.copyHeaders(of: message)
        body = .library(LibraryMessage(message))
    }

    /// The library does not tell. It keeps a message in one piece: subject, reply, headers, payload, each ended by a zero.
    private static func countHeaders(of message: OpaquePointer) -> Int {
        guard let subject = natsMsg_GetSubject(message), let payload = natsMsg_GetData(message) else { return 0 }
        let before = natsMsg_GetReply(message) ?? subject
        return max(0, payload - (before + strlen(before) + 1))
    }

    private static func copyHeaders(of message: OpaquePointer) -> [String: [String]] {
        var keys: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var keyCount: Int32 = 0
        guard natsMsgHeader_Keys(message, &keys, &keyCount) == NATS_OK, let keys else { return [:] }
        defer { free(keys) }
        var headers: [String: [String]] = [:]
        for index in 0..<Int(keyCount) {
            guard let key = keys[index] else { continue }
            var values: UnsafeMutablePointer<UnsafePointer<CChar>?>?
            var valueCount: Int32 = 0
            guard natsMsgHeader_Values(message, key, &values, &valueCount) == NATS_OK, let values else { continue }
            defer { free(values) }
            headers[String(cString: key)] = (0..<Int(valueCount)).compactMap { values[$0].map { String(cString: $0) } }
        }
        return headers
    }
}

/// Owns a message of the library, of which only the payload is read, and never changed.
private final class LibraryMessage: Sendable {
    private let address: UInt

    init(_ message: OpaquePointer) { address = UInt(bitPattern: message) }

    deinit { natsMsg_Destroy(OpaquePointer(bitPattern: address)) }

    func withPayload<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let message = OpaquePointer(bitPattern: address)
        return withExtendedLifetime(self) {
            body(UnsafeRawBufferPointer(start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message))))
        }
    }
}
