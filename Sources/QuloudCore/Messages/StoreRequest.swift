import QuloudCrypto

/// A signed order to hold one chunk: `store_request`.
package struct StoreRequest: Sendable, Equatable {
    package static let domain = "quloud/v1/store_request"

    package let chunk: ChunkID
    /// Bytes of the sealed chunk.
    package let size: Int
    package let quorum: Int
    package let slot: Int
    /// Rises with every re-issue.
    package let epoch: UInt32
    package let lease: Duration
    /// `R`: whoever proves to know its logarithm may fetch.
    package let retrievalKey: Point
    /// `O`: whoever proves to know its logarithm may challenge, renew and delete. Signs this request.
    package let ownershipKey: Point
    package let mailbox: MailboxID
    /// Two chunks of one group never lie on one node; all zero for none.
    package let group: [UInt8]
    package let excluded: [NodeID]
    package let issued: Timestamp
    package let expires: Timestamp

    package init(
        chunk: ChunkID, size: Int, quorum: Int, slot: Int, epoch: UInt32, lease: Duration, retrievalKey: Point,
        ownershipKey: Point, mailbox: MailboxID, group: [UInt8] = noGroup, excluded: [NodeID], issued: Timestamp,
        expires: Timestamp
    ) {
        self.chunk = chunk
        self.size = size
        self.quorum = quorum
        self.slot = slot
        self.epoch = epoch
        self.lease = lease
        self.retrievalKey = retrievalKey
        self.ownershipKey = ownershipKey
        self.mailbox = mailbox
        self.group = group
        self.excluded = excluded
        self.issued = issued
        self.expires = expires
    }

    package static let groupCount = 16
    package static let noGroup = [UInt8](repeating: 0, count: groupCount)

    private func unsigned() -> WireWriter {
        var writer = WireWriter(.storeRequest, capacity: 320 + excluded.count * 32)
        writer.put(chunk)
        writer.put(UInt32(clamping: size))
        writer.put(UInt8(clamping: quorum))
        writer.put(UInt8(clamping: slot))
        writer.put(epoch)
        writer.put(UInt32(clamping: lease.components.seconds))
        writer.put(retrievalKey.encoded)
        writer.put(ownershipKey.encoded)
        writer.put(mailbox)
        writer.put(raw: group)
        writer.put(UInt8(clamping: excluded.count))
        for node in excluded.prefix(Limits.excludedMax) { writer.put(node) }
        writer.put(issued)
        writer.put(expires)
        return writer
    }

    /// The message, signed with the chunk's ownership scalar.
    package func signed(with ownership: ClaimKeys, entropy: any Entropy) throws(CryptoError) -> [UInt8] {
        var writer = unsigned()
        writer.put(raw: try ownership.prove(domain: Self.domain, transcript: writer.bytes, entropy: entropy))
        return writer.bytes
    }

    /// Parses and checks the signature; times and room are the holder's to judge.
    package static func verified(_ bytes: [UInt8]) throws(MessageError) -> StoreRequest {
        let (request, proof) = try parse(bytes)
        guard
            Schnorr.verify(
                proof, publicPoint: request.ownershipKey, domain: domain,
                transcript: Array(bytes.dropLast(Schnorr.Proof.encodedCount)))
        else { throw .badSignature }
        return request
    }

    private static func parse(_ bytes: [UInt8]) throws(MessageError) -> (StoreRequest, Schnorr.Proof) {
        do {
            var reader = try WireReader(bytes, expecting: .storeRequest)
            let chunk = try reader.id(ChunkID.self)
            let size = Int(try reader.integer(UInt32.self))
            let quorum = Int(try reader.integer(UInt8.self))
            let slot = Int(try reader.integer(UInt8.self))
            let epoch = try reader.integer(UInt32.self)
            let lease = Duration.seconds(Int64(try reader.integer(UInt32.self)))
            let retrievalKey = try Point(validating: reader.bytes32())
            let ownershipKey = try Point(validating: reader.bytes32())
            let mailbox = try reader.id(MailboxID.self)
            let group = try reader.raw(groupCount)
            let excludedCount = Int(try reader.integer(UInt8.self))
            guard (1...Limits.sealedChunkSizeMax).contains(size), (1...Limits.quorumMax).contains(quorum),
                slot < Limits.lanes, excludedCount <= Limits.excludedMax
            else { throw MessageError.malformed }
            var excluded: [NodeID] = []
            for _ in 0..<excludedCount { excluded.append(try reader.id()) }
            let request = StoreRequest(
                chunk: chunk, size: size, quorum: quorum, slot: slot, epoch: epoch, lease: lease,
                retrievalKey: retrievalKey, ownershipKey: ownershipKey, mailbox: mailbox, group: group,
                excluded: excluded, issued: try reader.timestamp(), expires: try reader.timestamp())
            let proof = try reader.proof()
            try reader.finish()
            return (request, proof)
        } catch { throw MessageError(error) }
    }
}
