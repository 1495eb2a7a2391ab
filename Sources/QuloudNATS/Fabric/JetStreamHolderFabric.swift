import QuloudCore

/// The holder's side of the fabric, on a NATS server with JetStream. Uses a connection of its own.
package final class JetStreamHolderFabric: HolderFabric {
    let link: FabricLink

    private init(_ link: FabricLink) {
        self.link = link
    }

    /// Connects, checks that the broker will do, and makes the streams that are missing.
    /// - Throws: `unreachable`, `denied`, `unsuitable`, with what to do about it.
    package static func connect(
        to broker: NATSSettings, settings: FabricSettings = FabricSettings(), log: @escaping FabricLog = { _ in }
    ) async throws(FabricError) -> JetStreamHolderFabric {
        JetStreamHolderFabric(try await .open(broker, settings, log: log))
    }

    /// The connection, for its state and events.
    package var connection: NATSConnection { link.connection }

    /// Ends everything that is under way and closes the connection.
    package func shutDown() async {
        await link.connection.close()
    }

    // MARK: - Tickets

    package func waiting(for node: NodeID) async throws(FabricError) -> [TicketAddress: Int] {
        let addresses = (0..<Limits.lanes).map { TicketAddress.lane($0) } + [.node(node)]
        // One small question for each queue: a list of all consumers grows with the number of nodes.
        return try await withThrowingFabricGroup(addresses) { [link] address async throws(FabricError) in
            let consumer = FabricConsumers.tickets(address, wait: link.settings.ticketWait)
            return try await link.repairing(consumer) { () throws(NATSError) in
                Int(clamping: try await link.jetStream.consumerInfo(consumer.stream, consumer.name).pending)
            }
        }.filter { $0.value > 0 }
    }

    private func withThrowingFabricGroup(
        _ addresses: [TicketAddress],
        _ count: @escaping @Sendable (TicketAddress) async throws(FabricError) -> Int
    ) async throws(FabricError) -> [TicketAddress: Int] {
        let results = await withTaskGroup(of: (TicketAddress, Result<Int, FabricError>).self) { group in
            for address in addresses {
                group.addTask {
                    do throws(FabricError) {
                        return (address, .success(try await count(address)))
                    } catch {
                        return (address, .failure(error))
                    }
                }
            }
            var results: [(TicketAddress, Result<Int, FabricError>)] = []
            for await result in group { results.append(result) }
            return results
        }
        var counts: [TicketAddress: Int] = [:]
        for (address, result) in results { counts[address] = try result.get() }
        return counts
    }

    package func tickets(
        from address: TicketAddress, limit: Int, wait: Duration
    ) async throws(FabricError) -> [Delivery] {
        let consumer = FabricConsumers.tickets(address, wait: link.settings.ticketWait)
        return try await link.deliveries(consumer, limit: limit, wait: wait)
    }

    package func settle(_ deliveries: [Delivery], _ settlement: Settlement) async throws(FabricError) {
        try await link.settle(deliveries, settlement)
    }

    // MARK: - Chunks and receipts

    package func fetch<Value: Sendable>(
        _ chunk: ChunkID, from mailbox: MailboxID, _ body: @Sendable (UnsafeRawBufferPointer) -> Value
    ) async throws(FabricError) -> Value? {
        let subject = FabricSubjects.data(chunk, in: mailbox)
        // A replica of the stream may be a moment behind what its owner was told.
        for pause in [100, 300, 600, 0] {
            let found = try await link.repairing { () throws(NATSError) in
                try await link.jetStream.directGet(FabricSubjects.dataStream, lastFor: subject)
            }
            if let found { return found.withPayload(body) }
            guard pause > 0 else { break }
            do { try await Task.sleep(for: .milliseconds(pause)) } catch { throw .cancelled }
        }
        return nil
    }

    package func send(_ receipts: [UInt8], to mailbox: MailboxID) async throws(FabricError) {
        try await link.publish(receipts, to: FabricSubjects.receipts(mailbox))
    }
}
