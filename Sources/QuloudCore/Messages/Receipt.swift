import QuloudCrypto

/// A holder's signed statement that it has made these exact bytes durable: `store_ack`. Deterministic, so sending it
/// twice is harmless.
package struct Receipt: Sendable, Equatable {
    package static let domain = "quloud/v1/store_ack"

    package let chunk: ChunkID
    package let node: NodeID
    package let agreementKey: AgreementKey
    /// Bytes of the sealed chunk.
    package let size: Int
    package let slot: Int
    package let epoch: UInt32
    package let leaseUntil: Timestamp
    package let label: String

    package init(
        chunk: ChunkID, node: NodeID, agreementKey: AgreementKey, size: Int, slot: Int, epoch: UInt32,
        leaseUntil: Timestamp, label: String
    ) {
        self.chunk = chunk
        self.node = node
        self.agreementKey = agreementKey
        self.size = size
        self.slot = slot
        self.epoch = epoch
        self.leaseUntil = leaseUntil
        self.label = label.asLabel
    }

    /// In an answer to a locate: the chunk lies in the trash. It can be fetched while it does; nothing is promised.
    package static let noLease = Timestamp(milliseconds: 0)
    package var isOfTrash: Bool { leaseUntil == Self.noLease }

    fileprivate func write(to writer: inout WireWriter) {
        writer.put(chunk)
        writer.put(node)
        writer.put(agreementKey)
        writer.put(UInt32(clamping: size))
        writer.put(UInt8(clamping: slot))
        writer.put(epoch)
        writer.put(leaseUntil)
        writer.put(short: label.utf8)
    }

    /// What the node signs: domain, then the fields.
    private var transcript: [UInt8] {
        var writer = WireWriter(capacity: 256)
        writer.put(short: Self.domain.utf8)
        write(to: &writer)
        return writer.bytes
    }

    package func signed(by identity: Ed25519.KeyPair) -> SignedReceipt {
        SignedReceipt(receipt: self, signature: identity.sign(transcript))
    }

    /// The values are such as a holder can honestly state, and the node signed them.
    fileprivate func verifies(_ signature: [UInt8]) -> Bool {
        guard (1...Limits.sealedChunkSizeMax).contains(size), slot < Limits.lanes, agreementKey.isUsable else {
            return false
        }
        return Ed25519.verify(signature: signature, message: transcript, publicKey: node.value)
    }

    fileprivate init(from reader: inout WireReader) throws(WireError) {
        self.init(
            chunk: try reader.id(), node: try reader.id(), agreementKey: try reader.id(),
            size: Int(try reader.integer(UInt32.self)), slot: Int(try reader.integer(UInt8.self)),
            epoch: try reader.integer(), leaseUntil: try reader.timestamp(), label: try reader.text())
    }
}

package struct SignedReceipt: Sendable, Equatable {
    package let receipt: Receipt
    /// Ed25519, 64 bytes.
    package let signature: [UInt8]
    /// False also when the values cannot be honest: a size out of range, an agreement key that is none.
    package var isGenuine: Bool { receipt.verifies(signature) }
}

/// Receipts for one mailbox, sealed to it: nobody else learns who holds what.
package enum ReceiptEnvelope {
    package static let receiptsMax = 256

    package static func seal(_ receipts: [SignedReceipt], to mailbox: MailboxID) throws(CryptoError) -> [UInt8] {
        var writer = WireWriter(.storeAcks, capacity: 8 + receipts.count * 256)
        writer.put(UInt16(clamping: receipts.count))
        for signed in receipts {
            signed.receipt.write(to: &writer)
            writer.put(raw: signed.signature)
        }
        return try SealedBox.seal(writer.bytes, to: mailbox.value)
    }

    /// The receipts whose signatures hold. Receipts with wrong signatures are left out, and counted.
    package static func open(
        _ sealed: [UInt8], with keys: SealedBox.KeyPair
    ) throws(MessageError) -> (genuine: [SignedReceipt], forged: Int) {
        do {
            guard sealed.count <= Limits.messageSizeMax else { throw MessageError.oversized }
            var reader = try WireReader(keys.open(sealed), expecting: .storeAcks)
            let count = Int(try reader.integer(UInt16.self))
            guard count <= receiptsMax else { throw MessageError.oversized }
            var genuine: [SignedReceipt] = []
            for _ in 0..<count {
                let receipt = try Receipt(from: &reader)
                let signed = SignedReceipt(receipt: receipt, signature: try reader.raw(64))
                if signed.isGenuine { genuine.append(signed) }
            }
            try reader.finish()
            return (genuine, count - genuine.count)
        } catch { throw MessageError(error) }
    }
}
