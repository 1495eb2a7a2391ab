package struct FabricError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The broker cannot be reached, or the connection is gone.
        case unreachable
        case timeout
        /// Nobody listens at this address.
        case nobody
        case tooLarge
        /// The broker has no room for it now; try later.
        case full
        /// Other bytes lie under this name.
        case occupied
        case denied
        /// The broker cannot do what Quloud needs (JetStream off, limits too small).
        case unsuitable
        case failed
    }
    package let kind: Kind
    package let description: String
    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Where a store request waits: in the lane of its slot for whoever comes first, or for one node.
package enum TicketAddress: Hashable, Sendable {
    case lane(Int)
    case node(NodeID)
}

package struct Ticket: Sendable {
    package let address: TicketAddress
    package let chunk: ChunkID
    /// The signed store request.
    package let request: [UInt8]
    package init(address: TicketAddress, chunk: ChunkID, request: [UInt8]) {
        self.address = address
        self.chunk = chunk
        self.request = request
    }
}

/// A message from a queue. It comes again, perhaps to another node, until it is settled.
package struct Delivery: Sendable {
    package let payload: [UInt8]
    /// How often it was delivered, this time included.
    package let attempt: Int
    /// The adapter's own mark, to settle it by.
    package let token: String
    package init(payload: [UInt8], attempt: Int, token: String) {
        self.payload = payload
        self.attempt = attempt
        self.token = token
    }
}

package enum Settlement: Sendable, Equatable {
    /// Done with; it does not come again. When the call returns, the fabric has confirmed it.
    case done
    /// Comes again, to whoever asks, after the delay.
    case later(Duration)
    /// Still being worked on; do not deliver it again yet.
    case working
}

/// What can be asked of nodes. The names are those of the protocol.
package enum QuestionKind: String, Sendable, CaseIterable {
    case retrieve, prove, renew, release, commit
    case locate, announce, head

    /// Asked of every node at once.
    package var isBroadcast: Bool {
        switch self {
        case .locate, .announce, .head: true
        case .retrieve, .prove, .renew, .release, .commit: false
        }
    }
}

/// Where an answer goes: opaque, made by the fabric, and part of every signed request.
package struct ReturnAddress: Hashable, Sendable {
    package let text: String
    package init(_ text: String) { self.text = text }
}

package struct Question: Sendable {
    package let kind: QuestionKind
    package let request: [UInt8]
    package let returnAddress: ReturnAddress
    package init(kind: QuestionKind, request: [UInt8], returnAddress: ReturnAddress) {
        self.kind = kind
        self.request = request
        self.returnAddress = returnAddress
    }
}

/// What an owner needs of the fabric. Nothing here is durable: the broker is a mailbox that may forget, and only signed
/// receipts count. Every call is bounded in time and in bytes, safe to cancel, and safe to repeat.
package protocol OwnerFabric: Sendable {
    /// Gets a mailbox ready for publishing and for receipts. Idempotent.
    func open(_ mailbox: MailboxID) async throws(FabricError)
    /// Done with a mailbox: nothing is published to it any more, late receipts in it are let go.
    func close(_ mailbox: MailboxID) async
    /// Puts a sealed chunk where holders can fetch it; returns when the broker has confirmed it. Publishing the same bytes
    /// again succeeds. Throws `.full` when the broker has no room, `.occupied` when other bytes lie there and cannot be moved.
    func publish(_ sealed: [UInt8], as chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError)
    /// True while the broker still has the sealed chunk.
    func has(_ chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) -> Bool
    /// Lets the broker forget sealed chunks. Unknown ones are ignored.
    func free(_ chunks: [ChunkID], in mailbox: MailboxID) async
    /// Returns when the broker has confirmed all of them. The same ticket may be published again.
    func publish(_ tickets: [Ticket]) async throws(FabricError)
    /// Waits up to `wait` for at least one message in the mailbox; returns at most `limit`, none when time is up.
    func receipts(in mailbox: MailboxID, limit: Int, wait: Duration) async throws(FabricError) -> [Delivery]
    func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError)
    /// Asks one node. `request` makes the message for the address that the answer is to come to. Others on the fabric may
    /// answer as well: whatever `accept` gives `nil` for is passed over, and the wait goes on until time is up. The memory
    /// that it is given is valid only during the call.
    func ask<Answer: Sendable>(
        _ node: NodeID, _ kind: QuestionKind, timeout: Duration, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable (UnsafeRawBufferPointer) -> Answer?
    ) async throws(FabricError) -> Answer
    /// Asks every node and returns what came within `patience` and was accepted, at most `limit` answers.
    func askAll<Answer: Sendable>(
        _ kind: QuestionKind, patience: Duration, limit: Int, request: @Sendable (ReturnAddress) -> [UInt8],
        accept: @Sendable ([UInt8]) -> Answer?
    ) async throws(FabricError) -> [Answer]
}

/// What a holder needs of the fabric. The same rules hold as for `OwnerFabric`.
package protocol HolderFabric: Sendable {
    /// Tickets that wait, by address; addresses without any may be absent.
    func waiting(for node: NodeID) async throws(FabricError) -> [TicketAddress: Int]
    /// Waits up to `wait` for at least one ticket; returns at most `limit`, none when time is up. A ticket that is not
    /// settled in time comes again.
    func tickets(
        from address: TicketAddress, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery]
    func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError)
    /// What `body` makes of the sealed chunk, whose memory is valid only during the call; `nil` when the broker does not have
    /// it, asked more than once.
    func fetch<Value: Sendable>(
        _ chunk: ChunkID, from mailbox: MailboxID, _ body: @Sendable (UnsafeRawBufferPointer) -> Value
    ) async throws(FabricError) -> Value?
    /// Returns when the broker has confirmed the sealed receipts.
    func send(_ receipts: [UInt8], to mailbox: MailboxID) async throws(FabricError)
    /// Hands every question for `node`, or for all, to `answer`, several at a time but bounded; questions beyond the bound
    /// are dropped. `nil` stays silent; nothing is ever sent but to an inbox. Runs until cancelled or the fabric closes.
    func serve(
        as node: NodeID, answer: @escaping @Sendable (Question) async -> [UInt8]?
    ) async throws(FabricError)
}

extension HolderFabric {
    /// A copy of the sealed chunk.
    package func fetch(_ chunk: ChunkID, from mailbox: MailboxID) async throws(FabricError) -> [UInt8]? {
        try await fetch(chunk, from: mailbox) { Array($0) }
    }
}
