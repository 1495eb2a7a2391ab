import QuloudCore

/// The three streams as they are made, and what of an existing one cannot be done without.
enum FabricStreams {
    static func wanted(_ settings: FabricSettings) -> [StreamConfig] {
        [data(settings), tickets(settings), receipts(settings)]
    }

    /// Write-once subjects: a second publish is refused, so nobody can replace a chunk under way.
    private static func data(_ settings: FabricSettings) -> StreamConfig {
        var stream = StreamConfig(name: FabricSubjects.dataStream, subjects: ["quloud.v1.data.>"])
        stream.retention = .workQueue
        stream.storage = settings.dataStorage
        stream.discard = .new
        stream.discardNewPerSubject = true
        stream.maxMessagesPerSubject = 1
        stream.maxBytes = settings.dataBytesMax
        stream.maxAge = Duration.seconds(72 * 3600).nanoseconds
        stream.maxMessageSize = Int32(FabricSettings.payloadNeeded)
        stream.replicas = settings.replicas
        return stream
    }

    /// Without `discardNewPerSubject` a ticket published again takes the place of the one that still waits, or that
    /// somebody works on: the newest request counts, and settling the old delivery does not touch the new one.
    private static func tickets(_ settings: FabricSettings) -> StreamConfig {
        var stream = StreamConfig(name: FabricSubjects.ticketStream, subjects: ["quloud.v1.store.>"])
        stream.retention = .workQueue
        stream.discard = .new
        stream.maxMessagesPerSubject = 1
        stream.maxBytes = settings.ticketBytesMax
        stream.maxAge = Duration.seconds(72 * 3600).nanoseconds
        stream.maxMessageSize = Int32(Limits.messageSizeMax + 4096)
        stream.replicas = settings.replicas
        return stream
    }

    /// Forgets the oldest when full: a flood must not keep new receipts out, and a lost receipt is asked for again.
    private static func receipts(_ settings: FabricSettings) -> StreamConfig {
        var stream = StreamConfig(name: FabricSubjects.receiptStream, subjects: ["quloud.v1.ack.>"])
        stream.maxBytes = settings.receiptBytesMax
        stream.maxAge = Duration.seconds(14 * 86_400).nanoseconds
        stream.maxMessageSize = Int32(Limits.messageSizeMax + 4096)
        stream.replicas = settings.replicas
        return stream
    }

    /// Fields in which an existing stream may not differ.
    static func essential(_ stream: String) -> Set<String> {
        stream == FabricSubjects.dataStream
            ? ["subjects", "retention", "max_msgs_per_subject", "allow_direct"] : ["subjects", "retention"]
    }
}

/// Consumers as they are made.
enum FabricConsumers {
    /// The owner's: tells of data messages without their bytes, so that they can be acked away.
    static func freeing(_ mailbox: MailboxID) -> FabricConsumer {
        var config = ConsumerConfig(name: "free-\(mailbox.description.prefix(32))")
        config.filterSubject = FabricSubjects.allData(in: mailbox)
        config.headersOnly = true
        config.ackWait = .seconds(600)
        config.maxAckPending = 50_000
        config.maxWaiting = 16
        config.inactiveThreshold = .seconds(72 * 3600)
        return FabricConsumer(stream: FabricSubjects.dataStream, config: config)
    }

    static func receipts(_ mailbox: MailboxID, wait: Duration) -> FabricConsumer {
        var config = ConsumerConfig(name: "box-\(mailbox.description.prefix(32))")
        config.filterSubject = FabricSubjects.receipts(mailbox)
        config.ackWait = wait
        config.maxAckPending = 1024
        config.maxWaiting = 64
        config.inactiveThreshold = .seconds(15 * 86_400)
        return FabricConsumer(stream: FabricSubjects.receiptStream, config: config)
    }

    static func tickets(_ address: TicketAddress, wait: Duration) -> FabricConsumer {
        let name =
            switch address {
            case .lane(let slot): "lane-\(slot)"
            case .node(let node): "node-\(node.description.prefix(32))"
            }
        var config = ConsumerConfig(name: name)
        config.filterSubject = FabricSubjects.allTickets(to: address)
        config.ackWait = wait
        config.maxAckPending = 512
        if case .node = address { config.inactiveThreshold = .seconds(7 * 86_400) }
        return FabricConsumer(stream: FabricSubjects.ticketStream, config: config)
    }
}

/// A consumer and the stream it belongs to.
struct FabricConsumer: Sendable {
    let stream: String
    let config: ConsumerConfig
    var name: String { config.name }
    var text: String { "\(stream)/\(config.name)" }

    /// What the ack subject of a message tells; nil when it was not delivered by this consumer.
    func delivery(_ message: NATSMessage) -> JetStreamDelivery? {
        JetStreamDelivery(message).flatMap { $0.stream == stream && $0.consumer == name ? $0 : nil }
    }
}
