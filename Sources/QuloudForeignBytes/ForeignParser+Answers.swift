import QuloudCore
import QuloudCrypto

extension ForeignParser {
    /// What an owner hears from holders. Inputs are answers without their signature; they get the node's id, and one.
    static let answers = [receipt, receiptEnvelope, proofResponse, outcome, announcement, catalogHead]

    private static let receipt = ForeignParser("receipt") {
        // Fields of one receipt, as the envelope has them.
        var writer = WireWriter()
        let node = try ForeignKeys.all().node
        writer.put(ForeignKeys.chunk)
        writer.put(node.id)
        writer.put(node.agreementKey)
        writer.put(UInt32(4096))
        writer.put(UInt8(1))
        writer.put(UInt32(2))
        writer.put(ForeignKeys.now)
        writer.put(short: "rack 1".utf8)
        return [writer.bytes]
    } parse: { bytes in
        let keys = try ForeignKeys.all()
        guard bytes.count <= 1024, let fields = bytes.putting(keys.node.id.value.bytes, at: 32) else { return .refused }
        var transcript = WireWriter()
        transcript.put(short: Receipt.domain.utf8)
        transcript.put(raw: fields)
        let signature = keys.node.identity.sign(transcript.bytes)
        var envelope = WireWriter(.storeAcks)
        envelope.put(UInt16(1))
        envelope.put(raw: fields + signature)
        let opened = try ReceiptEnvelope.open(
            SealedBox.seal(envelope.bytes, to: keys.mailbox.publicKey), with: keys.mailbox)
        guard let genuine = opened.genuine.first else { return .refused }
        return .canonical(genuine.receipt.signed(by: keys.node.identity).signature, signature)
    }

    /// The input is what the envelope holds.
    private static let receiptEnvelope = ForeignParser("receipt-envelope") {
        let keys = try ForeignKeys.all()
        let receipts = [ForeignKeys.chunk, ForeignKeys.otherChunk].map {
            Receipt(
                chunk: $0, node: keys.node.id, agreementKey: keys.node.agreementKey, size: 4096, slot: 1, epoch: 2,
                leaseUntil: ForeignKeys.now, label: "rack 1"
            ).signed(by: keys.node.identity)
        }
        return [
            try keys.mailbox.open(ReceiptEnvelope.seal(receipts, to: MailboxID(keys.mailbox.publicKey)))
        ]
    } parse: { bytes in
        let keys = try ForeignKeys.all()
        _ = try? ReceiptEnvelope.open(bytes, with: keys.mailbox)
        let opened = try ReceiptEnvelope.open(SealedBox.seal(bytes, to: keys.mailbox.publicKey), with: keys.mailbox)
        return .promise(
            opened.genuine.count + opened.forged <= ReceiptEnvelope.receiptsMax
                && opened.genuine.allSatisfy(\.isGenuine), "receipts that are none")
    }

    private static let proofResponse = ForeignParser("proof-response") {
        let node = try ForeignKeys.all().node
        let answers: [ProofAnswer] = [.proof(ForeignKeys.requestHash), .unknown, .damaged, .busy, .missing]
        let response = ProofResponse(node: node.id, answers: answers)
        return [Array(response.signed(by: node.identity, request: ForeignKeys.requestHash).dropLast(64))]
    } parse: { bytes in
        let node = try ForeignKeys.all().node
        let message = try signed(bytes, domain: ProofResponse.domain)
        guard message.count > 38 else { return .refused }
        let response = try ProofResponse.verified(
            message, from: node.id, request: ForeignKeys.requestHash, count: Int(message[36]) << 8 | Int(message[37]))
        return .canonical(response.signed(by: node.identity, request: ForeignKeys.requestHash), message)
    }

    private static let outcome = ForeignParser("outcome") {
        let node = try ForeignKeys.all().node
        let outcome = Outcome(node: node.id, codes: [.done, .refused, .damaged, .busy])
        return [Array(outcome.signed(by: node.identity, request: ForeignKeys.requestHash).dropLast(64))]
    } parse: { bytes in
        let node = try ForeignKeys.all().node
        _ = try? Outcome.verified(bytes, from: nil, request: ForeignKeys.requestHash)
        let message = try signed(bytes, domain: Outcome.domain)
        let outcome = try Outcome.verified(message, from: node.id, request: ForeignKeys.requestHash)
        return .canonical(outcome.signed(by: node.identity, request: ForeignKeys.requestHash), message)
    }

    /// With the node's id behind the prefix, and its signature at the end.
    private static func signed(_ bytes: [UInt8], domain: String) throws -> [UInt8] {
        let node = try ForeignKeys.all().node
        guard let body = bytes.putting(node.id.value.bytes, at: MessageKind.prefixCount) else {
            throw MessageError.malformed
        }
        var transcript = WireWriter()
        transcript.put(short: domain.utf8)
        transcript.put(ForeignKeys.requestHash)
        transcript.put(SHA256.hash(body))
        return body + node.identity.sign(transcript.bytes)
    }

    private static let announcement = ForeignParser("announce") {
        let node = try ForeignKeys.all().node
        let announcement = Announcement(
            node: node.id, agreementKey: node.agreementKey, version: "1.0", label: "rack 1", region: "here",
            capacityBytes: 1 << 40, freeBytes: 1 << 39, uptime: .seconds(77))
        return [Array(announcement.signed(by: node.identity, nonce: [1]).dropLast(64))]
    } parse: { bytes in
        let node = try ForeignKeys.all().node
        guard let body = bytes.putting(node.id.value.bytes, at: MessageKind.prefixCount) else { return .refused }
        var transcript = WireWriter()
        transcript.put(short: Announcement.domain.utf8)
        transcript.put(raw: [1])
        transcript.put(long: body)
        let message = body + node.identity.sign(transcript.bytes)
        return .canonical(
            try Announcement.verified(message, nonce: [1]).signed(by: node.identity, nonce: [1]), message)
    }

    private static let catalogHead = ForeignParser("catalog-head") {
        let keys = try ForeignKeys.all().owner
        let head = CatalogHead(
            key: keys.headKey, sequence: 12, previous: SHA256.hash([2]), issued: ForeignKeys.now,
            sealedContent: [UInt8](repeating: 4, count: 60))
        return [Array(head.signed(by: keys.head).dropLast(64))]
    } parse: { bytes in
        let keys = try ForeignKeys.all().owner
        _ = try? CatalogHead.verified(bytes)
        guard let body = bytes.putting(keys.headKey.value.bytes, at: 5) else { return .refused }
        var transcript = WireWriter()
        transcript.put(short: CatalogHead.domain.utf8)
        transcript.put(long: body)
        let message = body + keys.head.sign(transcript.bytes)
        let head = try CatalogHead.verified(message)
        _ = try? keys.openHead(head.sealedContent)
        return .canonical(head.signed(by: keys.head), message)
    }
}
