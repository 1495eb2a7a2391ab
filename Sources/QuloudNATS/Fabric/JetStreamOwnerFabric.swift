import QuloudCore
import QuloudCrypto
import Synchronization

/// The owner's side of the fabric, on a NATS server with JetStream. Uses two connections of its own: every node asked
/// learns the inbox of the connection that asks, and that must not be the one to which the broker delivers.
package final class JetStreamOwnerFabric: OwnerFabric {
    let link: FabricLink
    let asking: NATSConnection
    private let gate: ByteGate
    private let mailboxes = Mutex<[MailboxID: FreeingQueue]>([:])

    private init(_ link: FabricLink, asking: NATSConnection) {
        self.link = link
        self.asking = asking
        gate = ByteGate(capacity: link.settings.unconfirmedBytesMax)
    }

    deinit {
        for queue in mailboxes.withLock({ $0.values }) { queue.stop() }
    }

    /// Connects, checks that the broker will do, and makes the streams that are missing.
    /// - Throws: `unreachable`, `denied`, `unsuitable`, with what to do about it.
    package static func connect(
        to broker: NATSSettings, settings: FabricSettings = FabricSettings(), log: @escaping FabricLog = { _ in }
    ) async throws(FabricError) -> JetStreamOwnerFabric {
        let link = try await FabricLink.open(broker, settings, log: log)
        do throws(NATSError) {
            return JetStreamOwnerFabric(link, asking: try await .connect(broker))
        } catch {
            await link.connection.close()
            throw FabricError(error)
        }
    }

    /// The connection, for its state and events.
    package var connection: NATSConnection { link.connection }

    /// Ends everything that is under way and closes the connection.
    package func shutDown() async {
        for queue in mailboxes.withLock({ $0.values }) { queue.stop() }
        await asking.close()
        await link.connection.close()
    }

    // MARK: - Mailboxes

    package func open(_ mailbox: MailboxID) async throws(FabricError) {
        guard mailboxes.withLock({ $0[mailbox] }) == nil else { return }
        let queue = FreeingQueue(mailbox, link)
        // What an earlier process took delivery of, only a new consumer delivers again at once.
        try? await link.jetStream.deleteConsumer(queue.consumer.stream, queue.consumer.name)
        link.provisioning.forget(queue.consumer)
        let receipts = FabricConsumers.receipts(mailbox, wait: link.settings.receiptWait)
        for consumer in [queue.consumer, receipts] {
            try await link.repairing(consumer) { () throws(NATSError) in }
        }
        let isNew = mailboxes.withLock { mailboxes in
            guard mailboxes[mailbox] == nil else { return false }
            mailboxes[mailbox] = queue
            return true
        }
        if isNew { queue.start() }
    }

    package func close(_ mailbox: MailboxID) async {
        let queue = mailboxes.withLock { $0.removeValue(forKey: mailbox) }
        if !(await purge(FabricSubjects.dataStream, FabricSubjects.allData(in: mailbox))) { await queue?.freeAll() }
        queue?.stop()
        _ = await purge(FabricSubjects.receiptStream, FabricSubjects.receipts(mailbox))
        let consumers = [FabricConsumers.freeing(mailbox), FabricConsumers.receipts(mailbox, wait: .seconds(1))]
        for consumer in consumers {
            link.provisioning.forget(consumer)
            try? await link.jetStream.deleteConsumer(consumer.stream, consumer.name)
        }
    }

    private func purge(_ stream: String, _ filter: String) async -> Bool {
        (try? await link.jetStream.purge(stream, filter: filter)) != nil
    }

    // MARK: - Chunks

    package func publish(_ sealed: [UInt8], as chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) {
        let subject = FabricSubjects.data(chunk, in: mailbox)
        let queue = mailboxes.withLock { $0[mailbox] }
        queue?.keep(chunk)
        do { try await gate.enter(sealed.count) } catch { throw .cancelled }
        defer { gate.leave(sealed.count) }
        for _ in 0..<3 {
            do throws(FabricError) {
                return try await link.publish(sealed, to: subject)
            } catch {
                if error.kind == .full || error.kind == .denied { queue?.notPublished(chunk) }
                guard error.kind == .occupied else { throw error }
            }
            // Gone again (nil), or right already, or to be moved out of the way.
            guard let found = try await read(subject) else { continue }
            if found == sealed { return }
            guard SHA256.hash(found) != chunk.value, await queue?.evict(chunk, within: .seconds(3)) == true else {
                break
            }
        }
        throw FabricError(.occupied, "publish \(chunk.short): other bytes lie there and cannot be moved")
    }

    package func has(_ chunk: ChunkID, in mailbox: MailboxID) async throws(FabricError) -> Bool {
        let subject = FabricSubjects.data(chunk, in: mailbox)
        do throws(FabricError) {
            return try await link.repairing { () throws(NATSError) in
                try await link.jetStream.holds(FabricSubjects.dataStream, subject)
            }
        } catch {
            // Whoever may not inspect the stream may read from it.
            guard error.kind == .denied else { throw error }
            return try await read(subject) != nil
        }
    }

    package func free(_ chunks: [ChunkID], in mailbox: MailboxID) async {
        await mailboxes.withLock { $0[mailbox] }?.free(chunks)
    }

    private func read(_ subject: String) async throws(FabricError) -> [UInt8]? {
        try await link.repairing { () throws(NATSError) in
            try await link.jetStream.directGet(FabricSubjects.dataStream, lastFor: subject)?.payload
        }
    }

    // MARK: - Queues

    package func publish(_ tickets: [Ticket]) async throws(FabricError) {
        try await forAll(tickets) { [link] ticket async throws(FabricError) in
            try await link.publish(ticket.request, to: FabricSubjects.ticket(ticket.chunk, to: ticket.address))
        }
    }

    package func receipts(
        in mailbox: MailboxID, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        let consumer = FabricConsumers.receipts(mailbox, wait: link.settings.receiptWait)
        return try await link.deliveries(consumer, limit: limit, wait: wait)
    }

    package func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError) {
        try await link.settle(deliveries, settlement)
    }
}
