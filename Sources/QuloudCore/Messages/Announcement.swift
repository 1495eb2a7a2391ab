import QuloudCrypto

/// A holder's word on itself: `announce`, the answer to an announce request.
package struct Announcement: Sendable, Equatable {
    package static let domain = "quloud/v1/announce"

    package let node: NodeID
    package let agreementKey: AgreementKey
    package let version: String
    package let label: String
    package let region: String
    /// Bytes the operator gives to others in all, and what is left of it.
    package let capacityBytes: Int64
    package let freeBytes: Int64
    package let uptime: Duration

    package init(
        node: NodeID, agreementKey: AgreementKey, version: String, label: String, region: String,
        capacityBytes: Int64, freeBytes: Int64, uptime: Duration
    ) {
        self.node = node
        self.agreementKey = agreementKey
        self.version = version
        self.label = label.asLabel
        self.region = region.asLabel
        self.capacityBytes = capacityBytes
        self.freeBytes = freeBytes
        self.uptime = uptime
    }

    private static func transcript(nonce: [UInt8], body: [UInt8]) -> [UInt8] {
        var writer = WireWriter(capacity: 64 + body.count)
        writer.put(short: domain.utf8)
        writer.put(raw: nonce)
        writer.put(long: body)
        return writer.bytes
    }

    private func unsigned() -> WireWriter {
        var writer = WireWriter(.announce, capacity: 320)
        writer.put(node)
        writer.put(agreementKey)
        writer.put(short: version.utf8)
        writer.put(short: label.utf8)
        writer.put(short: region.utf8)
        writer.put(capacityBytes)
        writer.put(freeBytes)
        writer.put(UInt64(clamping: uptime.components.seconds))
        return writer
    }

    /// Signed for the one who asked with `nonce`.
    package func signed(by identity: Ed25519.KeyPair, nonce: [UInt8]) -> [UInt8] {
        var writer = unsigned()
        writer.put(raw: identity.sign(Self.transcript(nonce: nonce, body: writer.bytes)))
        return writer.bytes
    }

    package static func verified(_ bytes: [UInt8], nonce: [UInt8]) throws(MessageError) -> Announcement {
        do {
            var reader = try WireReader(bytes, expecting: .announce)
            let announcement = Announcement(
                node: try reader.id(), agreementKey: try reader.id(), version: try reader.text(),
                label: try reader.text(), region: try reader.text(), capacityBytes: try reader.integer(),
                freeBytes: try reader.integer(),
                uptime: .seconds(Int64(clamping: try reader.integer(UInt64.self))))
            guard announcement.agreementKey.isUsable, announcement.capacityBytes >= 0, announcement.freeBytes >= 0
            else {
                throw MessageError.malformed
            }
            let body = Array(bytes[..<reader.position])
            // Texts are mended as they are read; no honest node sends one that needs it.
            guard announcement.unsigned().bytes == body else { throw MessageError.malformed }
            let signature = try reader.raw(64)
            try reader.finish()
            let signed = transcript(nonce: nonce, body: body)
            guard Ed25519.verify(signature: signature, message: signed, publicKey: announcement.node.value) else {
                throw MessageError.badSignature
            }
            return announcement
        } catch { throw MessageError(error) }
    }
}

/// A request that anyone may make: it carries a context and a short body, and no proof.
package struct OpenRequest: Sendable, Equatable {
    package let kind: MessageKind
    package let context: RequestContext
    /// Announce request: empty. Head put: the head. Head get: the head key.
    package let body: [UInt8]

    package init(_ kind: MessageKind, context: RequestContext, body: [UInt8] = []) {
        self.kind = kind
        self.context = context
        self.body = body
    }

    package var encoded: [UInt8] {
        var writer = WireWriter(kind, capacity: 192 + body.count)
        context.write(to: &writer)
        writer.put(long: body)
        return writer.bytes
    }

    package static func parse(_ bytes: [UInt8], as kind: MessageKind) throws(MessageError) -> OpenRequest {
        do {
            var reader = try WireReader(bytes, expecting: kind)
            let context = try RequestContext(from: &reader)
            let body = try reader.long(limit: Limits.headSizeMax)
            try reader.finish()
            return OpenRequest(kind, context: context, body: body)
        } catch { throw MessageError(error) }
    }
}
