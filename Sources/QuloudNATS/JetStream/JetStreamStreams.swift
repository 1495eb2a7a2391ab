/// What a stream is to be. Only fields that 2.9.10 and 2.15.1 both know: newer servers refuse unknown ones.
package struct StreamConfig: Sendable, Equatable, Codable {
    package enum Retention: String, Sendable, Codable {
        case limits
        case workQueue = "workqueue"
    }

    package enum Storage: String, Sendable, Codable {
        case file, memory
    }

    package enum Discard: String, Sendable, Codable {
        case old, new
    }

    package var name: String
    package var subjects: [String]
    package var retention = Retention.limits
    package var storage = Storage.file
    package var discard = Discard.old
    /// With `discard` new and `maxMessagesPerSubject` 1: every subject can be written once.
    package var discardNewPerSubject = false
    package var maxMessagesPerSubject: Int64 = -1
    package var maxMessages: Int64 = -1
    package var maxBytes: Int64 = -1
    /// Nanoseconds; 0 keeps for ever.
    package var maxAge: Int64 = 0
    package var maxMessageSize: Int32 = -1
    package var replicas = 1
    package var allowDirect = true
    /// Nanoseconds; must not exceed `maxAge`.
    package var duplicateWindow: Int64?

    package init(name: String, subjects: [String]) {
        self.name = name
        self.subjects = subjects
    }

    private enum CodingKeys: String, CodingKey {
        case name, subjects, retention, storage, discard
        case discardNewPerSubject = "discard_new_per_subject"
        case maxMessagesPerSubject = "max_msgs_per_subject"
        case maxMessages = "max_msgs"
        case maxBytes = "max_bytes"
        case maxAge = "max_age"
        case maxMessageSize = "max_msg_size"
        case replicas = "num_replicas"
        case allowDirect = "allow_direct"
        case duplicateWindow = "duplicate_window"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        subjects = try values.decodeIfPresent([String].self, forKey: .subjects) ?? []
        retention = try values.decodeIfPresent(Retention.self, forKey: .retention) ?? .limits
        storage = try values.decodeIfPresent(Storage.self, forKey: .storage) ?? .file
        discard = try values.decodeIfPresent(Discard.self, forKey: .discard) ?? .old
        discardNewPerSubject = try values.decodeIfPresent(Bool.self, forKey: .discardNewPerSubject) ?? false
        maxMessagesPerSubject = try values.decodeIfPresent(Int64.self, forKey: .maxMessagesPerSubject) ?? -1
        maxMessages = try values.decodeIfPresent(Int64.self, forKey: .maxMessages) ?? -1
        maxBytes = try values.decodeIfPresent(Int64.self, forKey: .maxBytes) ?? -1
        maxAge = try values.decodeIfPresent(Int64.self, forKey: .maxAge) ?? 0
        maxMessageSize = try values.decodeIfPresent(Int32.self, forKey: .maxMessageSize) ?? -1
        replicas = try values.decodeIfPresent(Int.self, forKey: .replicas) ?? 1
        allowDirect = try values.decodeIfPresent(Bool.self, forKey: .allowDirect) ?? false
        duplicateWindow = try values.decodeIfPresent(Int64.self, forKey: .duplicateWindow)
    }

    /// The names of the fields in which `found` is not what this configuration wants.
    package func differences(from found: StreamConfig) -> [String] {
        var names: [String] = []
        func compare<Value: Equatable>(_ field: KeyPath<StreamConfig, Value>, _ name: String) {
            if self[keyPath: field] != found[keyPath: field] { names.append(name) }
        }
        compare(\.subjects, "subjects")
        compare(\.retention, "retention")
        compare(\.storage, "storage")
        compare(\.discard, "discard")
        compare(\.discardNewPerSubject, "discard_new_per_subject")
        compare(\.maxMessagesPerSubject, "max_msgs_per_subject")
        compare(\.maxMessages, "max_msgs")
        compare(\.maxBytes, "max_bytes")
        compare(\.maxAge, "max_age")
        compare(\.maxMessageSize, "max_msg_size")
        compare(\.replicas, "num_replicas")
        compare(\.allowDirect, "allow_direct")
        if duplicateWindow != nil { compare(\.duplicateWindow, "duplicate_window") }
        return names
    }
}

/// A stream as the server reports it.
package struct StreamInfo: Sendable, Decodable {
    package struct State: Sendable, Decodable {
        package let messages: UInt64
        package let bytes: UInt64
        package let firstSequence: UInt64
        package let lastSequence: UInt64
        package let consumers: Int

        private enum CodingKeys: String, CodingKey {
            case messages, bytes
            case firstSequence = "first_seq"
            case lastSequence = "last_seq"
            case consumers = "consumer_count"
        }
    }

    package let config: StreamConfig
    package let state: State
    /// When it was made, as the server writes it: a new value after the broker forgot and the stream was made again.
    package let created: String
}

private struct Deleted: Decodable, Sendable {
    let success: Bool
}

extension JetStream {
    /// Makes the stream, or returns the one that exists, whatever its configuration (see `StreamConfig.differences`).
    package func ensureStream(_ config: StreamConfig) async throws(NATSError) -> StreamInfo {
        do throws(NATSError) {
            return try await streamInfo(config.name)
        } catch {
            guard error.apiErrorCode == JetStreamErrorCode.streamNotFound else { throw error }
        }
        do throws(NATSError) {
            let body = try Self.encode(config, "create stream", config.name)
            return try await call("STREAM.CREATE.\(config.name)", "create stream", config.name, body: body)
        } catch {
            // Somebody else was faster.
            guard error.apiErrorCode == JetStreamErrorCode.streamNameInUse else { throw error }
            return try await streamInfo(config.name)
        }
    }

    /// Sends the full wanted configuration. Retention and storage kind cannot be changed.
    package func updateStream(_ config: StreamConfig) async throws(NATSError) -> StreamInfo {
        let body = try Self.encode(config, "update stream", config.name)
        return try await call("STREAM.UPDATE.\(config.name)", "update stream", config.name, body: body)
    }

    /// - Throws: `api` with `streamNotFound`.
    package func streamInfo(_ stream: String) async throws(NATSError) -> StreamInfo {
        try await call("STREAM.INFO.\(stream)", "inspect stream", stream)
    }

    package func deleteStream(_ stream: String) async throws(NATSError) {
        let _: Deleted = try await call("STREAM.DELETE.\(stream)", "delete stream", stream)
    }

    package func deleteConsumer(_ stream: String, _ consumer: String) async throws(NATSError) {
        let _: Deleted = try await call(
            "CONSUMER.DELETE.\(stream).\(consumer)", "delete consumer", "\(stream)/\(consumer)")
    }
}
