import QuloudCrypto

/// What every request to a node carries, so that a captured one is useless elsewhere, later, or twice.
package struct RequestContext: Sendable, Equatable {
    /// `nil` when every node is asked.
    package let node: NodeID?
    package let returnAddress: ReturnAddress
    /// 16 random bytes.
    package let nonce: [UInt8]
    package let issued: Timestamp
    package let expires: Timestamp

    package static let nonceCount = 16

    package init(node: NodeID?, returnAddress: ReturnAddress, nonce: [UInt8], issued: Timestamp, expires: Timestamp) {
        self.node = node
        self.returnAddress = returnAddress
        self.nonce = nonce
        self.issued = issued
        self.expires = expires
    }

    /// A fresh context, good from now for as long as requests may be.
    package static func fresh(
        for node: NodeID?, returnAddress: ReturnAddress, time: any TimeSource, entropy: any Entropy
    ) -> RequestContext {
        let now = time.now
        return RequestContext(
            node: node, returnAddress: returnAddress, nonce: entropy.bytes(nonceCount), issued: now,
            expires: now.advanced(by: Limits.requestValidity))
    }

    func write(to writer: inout WireWriter) {
        writer.put(node?.value ?? .init())
        writer.put(short: returnAddress.text.utf8)
        writer.put(raw: nonce)
        writer.put(issued)
        writer.put(expires)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let node = try reader.id(NodeID.self)
        guard let address = String(validating: try reader.short(), as: UTF8.self) else { throw .unknownFormat }
        self.init(
            node: node.value == .init() ? nil : node, returnAddress: ReturnAddress(address),
            nonce: try reader.raw(Self.nonceCount), issued: try reader.timestamp(), expires: try reader.timestamp())
    }

    /// The checks of a node before it looks at anything else. The replay cache comes after them.
    package func check(at node: NodeID, question: Question, now: Timestamp) throws(MessageError) {
        guard returnAddress == question.returnAddress else { throw .misdirected }
        guard self.node == node || (self.node == nil && question.kind.isBroadcast) else { throw .misdirected }
        guard issued <= now.advanced(by: Limits.clockSkew), expires > now.advanced(by: .zero - Limits.clockSkew),
            expires <= issued.advanced(by: Limits.requestValidity)
        else { throw .expired }
    }
}
