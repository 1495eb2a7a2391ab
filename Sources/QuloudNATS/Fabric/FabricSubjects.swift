import QuloudCore

/// Subjects and names of the protocol, version 1.
enum FabricSubjects {
    static let dataStream = "QULOUD_DATA"
    static let ticketStream = "QULOUD_TICKETS"
    static let receiptStream = "QULOUD_ACKS"

    static func data(_ chunk: ChunkID, in mailbox: MailboxID) -> String { "quloud.v1.data.\(mailbox).\(chunk)" }
    static func allData(in mailbox: MailboxID) -> String { "quloud.v1.data.\(mailbox).>" }
    static func receipts(_ mailbox: MailboxID) -> String { "quloud.v1.ack.\(mailbox)" }

    static func ticket(_ chunk: ChunkID, to address: TicketAddress) -> String { "\(prefix(address)).\(chunk)" }
    static func allTickets(to address: TicketAddress) -> String { "\(prefix(address)).>" }

    static func question(_ kind: QuestionKind, to node: NodeID) -> String { "quloud.v1.node.\(node).\(kind.rawValue)" }
    static func allQuestions(to node: NodeID) -> String { "quloud.v1.node.\(node).*" }
    static func broadcast(_ kind: QuestionKind) -> String { "quloud.v1.\(kind.rawValue)" }

    /// The chunk that a data subject ends with; nil when it is none.
    static func chunk(of subject: String) -> ChunkID? {
        subject.split(separator: ".").last.flatMap { ChunkID(hex: String($0)) }
    }

    /// What is asked on a subject; nil when the protocol has no such question.
    static func kind(of subject: String) -> QuestionKind? {
        subject.split(separator: ".").last.flatMap { QuestionKind(rawValue: String($0)) }
    }

    private static func prefix(_ address: TicketAddress) -> String {
        switch address {
        case .lane(let slot): "quloud.v1.store.any.\(slot)"
        case .node(let node): "quloud.v1.store.node.\(node)"
        }
    }
}

/// Where an answer may be sent. The asker chooses the subject, so a careless node could be made to publish anywhere.
enum ReplyRule {
    static let sizeMax = 256

    /// Only a plain inbox: no wildcard, no space, no control character, nothing of the server's own.
    static func allows(_ subject: String) -> Bool {
        guard subject.utf8.count <= sizeMax, subject.hasPrefix("_INBOX."), !subject.contains("$") else { return false }
        let plain = subject.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: ">")
        }
        return plain && subject.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
    }
}
