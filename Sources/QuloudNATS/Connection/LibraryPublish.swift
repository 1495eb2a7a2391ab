import CNATS

/// Hands messages to the library. Calls are made on the connection's queue.
enum LibraryPublish {
    /// Refuses what would break out of its place in NATS's line protocol; libnats 3.4.1 does not look.
    static func check(_ subject: String, _ reply: String?, _ headers: [(String, String)]) throws(NATSError) {
        for text in [subject, reply ?? "-"] where text.isEmpty || text.utf8.contains(where: { $0 <= 32 || $0 == 127 }) {
            throw NATSError(
                .badSettings, "publish to", "subject", detail: "empty, or holds spaces or control characters")
        }
        for (name, value) in headers {
            let nameIsPlain = !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
            guard nameIsPlain, value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                throw NATSError(.badSettings, "publish to", subject, detail: "malformed header")
            }
        }
    }

    static func send(
        _ handle: OpaquePointer, _ subject: String, _ reply: String?, _ payload: [UInt8], _ headers: [(String, String)]
    ) -> natsStatus {
        guard headers.isEmpty else { return sendWithHeaders(handle, subject, reply, payload, headers) }
        return payload.withUnsafeBytes { bytes in
            let count = Int32(clamping: bytes.count)
            guard let reply else { return natsConnection_Publish(handle, subject, bytes.baseAddress, count) }
            return natsConnection_PublishRequest(handle, subject, reply, bytes.baseAddress, count)
        }
    }

    private static func sendWithHeaders(
        _ handle: OpaquePointer, _ subject: String, _ reply: String?, _ payload: [UInt8], _ headers: [(String, String)]
    ) -> natsStatus {
        var created: OpaquePointer?
        let count = Int32(clamping: payload.count)
        var status = payload.withUnsafeBytes {
            natsMsg_Create(&created, subject, reply, $0.baseAddress?.assumingMemoryBound(to: CChar.self), count)
        }
        guard status == NATS_OK, let message = created else { return status }
        defer { natsMsg_Destroy(message) }
        for (name, value) in headers where status == NATS_OK { status = natsMsgHeader_Add(message, name, value) }
        return status == NATS_OK ? natsConnection_PublishMsg(handle, message) : status
    }
}
