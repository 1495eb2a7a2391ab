import QuloudCore

/// What both sides of the fabric share: a connection, its JetStream, and repeating once what failed because the broker
/// had forgotten a stream or a consumer.
package final class FabricLink: Sendable {
    let connection: NATSConnection
    let jetStream: JetStream
    let provisioning: Provisioning
    let settings: FabricSettings
    let log: FabricLog

    private init(_ connection: NATSConnection, _ settings: FabricSettings, log: @escaping FabricLog) {
        self.connection = connection
        self.settings = settings
        self.log = log
        jetStream = JetStream(connection, timeout: settings.requestTimeout)
        provisioning = Provisioning(jetStream, settings, log: log)
    }

    /// Connects, and makes the streams that are missing.
    static func open(
        _ broker: NATSSettings, _ settings: FabricSettings, log: @escaping FabricLog
    ) async throws(FabricError) -> FabricLink {
        let link: FabricLink
        do throws(NATSError) {
            link = FabricLink(try await .connect(broker), settings, log: log)
        } catch {
            throw FabricError(error)
        }
        do throws(FabricError) {
            let largest = link.payloadMax
            guard largest >= FabricSettings.payloadNeeded else {
                throw FabricError(
                    .unsuitable,
                    "the broker's max_payload is \(largest) bytes, Quloud needs \(FabricSettings.payloadNeeded)")
            }
            try await link.provisioning.repair(after: link.provisioning.round)
        } catch {
            await link.connection.close()
            throw error
        }
        return link
    }

    /// Makes the streams of a broker of one's own as its configuration wants them, before any node asks for them.
    package static func prepare(
        _ broker: NATSSettings, _ settings: FabricSettings, log: @escaping FabricLog
    ) async throws(FabricError) {
        await (try open(broker, settings, log: log)).connection.close()
    }

    /// The largest message that the server takes, in bytes.
    var payloadMax: Int { connection.state.server?.maxPayload ?? 1 << 20 }

    func checkSize(_ payload: [UInt8], for subject: String) throws(FabricError) {
        guard payload.count > payloadMax else { return }
        throw FabricError(
            .tooLarge,
            "send to \(subject): the broker's max_payload is \(payloadMax) bytes, this needs \(payload.count)")
    }

    /// Runs `operation`; if the broker has forgotten what it needs, makes that again and runs it once more.
    func repairing<Value: Sendable>(
        _ consumer: FabricConsumer? = nil, _ operation: () async throws(NATSError) -> Value
    ) async throws(FabricError) -> Value {
        let seen = provisioning.round
        do throws(NATSError) {
            if let consumer { try await provisioning.ensure(consumer) }
            return try await operation()
        } catch {
            guard error.saysForgotten else { throw FabricError(error) }
        }
        if let consumer { provisioning.forget(consumer) }
        try await provisioning.repair(after: seen)
        do throws(NATSError) {
            if let consumer { try await provisioning.ensure(consumer) }
            return try await operation()
        } catch {
            throw FabricError(error)
        }
    }

    /// Publishes to a stream and returns when the broker has stored it.
    func publish(_ payload: [UInt8], to subject: String) async throws(FabricError) {
        try checkSize(payload, for: subject)
        try await repairing { () throws(NATSError) in
            _ = try await jetStream.publish(subject, payload: payload, timeout: settings.publishTimeout)
        }
    }
}

/// Runs `operation` for all of `items` at once, at most `width` at a time, and returns the first error after all ended.
func forAll<Item: Sendable>(
    _ items: [Item], width: Int = 64, _ operation: @escaping @Sendable (Item) async throws(FabricError) -> Void
) async throws(FabricError) {
    let failure = await withTaskGroup(of: FabricError?.self) { group in
        var first: FabricError?
        for (index, item) in items.enumerated() {
            if index >= width, let result = await group.next() { first = first ?? result }
            group.addTask {
                do throws(FabricError) {
                    try await operation(item)
                    return nil
                } catch {
                    return error
                }
            }
        }
        for await result in group { first = first ?? result }
        return first
    }
    if let failure { throw failure }
}
