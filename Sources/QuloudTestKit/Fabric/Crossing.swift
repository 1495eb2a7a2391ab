package import QuloudCore

/// Something that crosses the simulated fabric: what a broker, or whoever listens on the wire, sees of it.
package struct Crossing: Sendable {
    package enum Kind: Hashable, Sendable {
        /// A sealed chunk on its way to the broker.
        case data
        /// A sealed chunk on its way from the broker to a holder.
        case fetched
        case ticket
        case receipts
        case question(QuestionKind)
        case answer(QuestionKind)
    }
    package let kind: Kind
    /// The subject, as far as the fabric knows: which chunk, mailbox, node or address.
    package let chunk: ChunkID?
    package let mailbox: MailboxID?
    package let address: TicketAddress?
    /// The node that is asked, or that answers.
    package let node: NodeID?
    package let returnAddress: ReturnAddress?
    /// Whose connection it came from, where that was told.
    package let sender: NodeID?
    package let bytes: [UInt8]

    package init(
        _ kind: Kind, _ bytes: [UInt8], chunk: ChunkID? = nil, mailbox: MailboxID? = nil,
        address: TicketAddress? = nil, node: NodeID? = nil, returnAddress: ReturnAddress? = nil,
        sender: NodeID? = nil
    ) {
        self.kind = kind
        self.bytes = bytes
        self.chunk = chunk
        self.mailbox = mailbox
        self.address = address
        self.node = node
        self.returnAddress = returnAddress
        self.sender = sender
    }
}

/// What becomes of a crossing.
package enum Fate: Sendable {
    case pass
    /// Confirmed to the sender, and lost.
    case drop
    /// Arrives twice. Sealed chunks do not: they are written once.
    case duplicate
    /// Arrives with these bytes instead.
    case replace([UInt8])
    /// Arrives this much later. Sealed chunks do not: they pass at once.
    case delay(Duration)
    /// Arrives, but the sender is told that it did not. Questions and answers are not confirmed: they pass.
    case unconfirmed
}
