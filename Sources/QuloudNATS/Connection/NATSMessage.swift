import CNATS
import Glibc

/// A message as it came from the broker, copied out of the library once.
package struct NATSMessage: Sendable, Equatable {
    package let subject: String
    package let reply: String?
    package let payload: [UInt8]
    /// Names as the server sent them; the order is not kept.
    package let headers: [String: [String]]

    package init(subject: String, reply: String? = nil, payload: [UInt8] = [], headers: [String: [String]] = [:]) {
        self.subject = subject
        self.reply = reply
        self.payload = payload
        self.headers = headers
    }

    /// The first value of a header, or nil.
    package func header(_ name: String) -> String? { headers[name]?.first }

    /// The status of a message that the server made itself: 100, 404, 408, 409, 503; nil for ordinary messages.
    package var status: Int? { header("Status").flatMap(Int.init) }

    /// Copies `message`, which stays the caller's to destroy.
    init(copying message: OpaquePointer) {
        subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
        reply = natsMsg_GetReply(message).map { String(cString: $0) }
        let length = Int(natsMsg_GetDataLength(message))
        if length > 0, let bytes = natsMsg_GetData(message) {
            payload = [UInt8](UnsafeRawBufferPointer(start: bytes, count: length))
        } else {
            payload = []
        }
        headers = Self.copyHeaders(of: message)
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
