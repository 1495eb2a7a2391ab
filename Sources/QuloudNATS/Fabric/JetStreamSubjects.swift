import FoundationEssentials

private struct PurgeRequest: Encodable {
    let filter: String
}

private struct PurgeAnswer: Decodable, Sendable {
    let purged: UInt64
}

private struct SubjectsRequest: Encodable {
    let filter: String

    private enum CodingKeys: String, CodingKey {
        case filter = "subjects_filter"
    }
}

private struct SubjectsAnswer: Decodable, Sendable {
    struct State: Decodable, Sendable {
        let subjects: [String: UInt64]?
    }
    let state: State
}

extension JetStream {
    /// Removes every message whose subject matches.
    /// - Returns: how many there were.
    @discardableResult
    func purge(_ stream: String, filter: String) async throws(NATSError) -> UInt64 {
        let body = try Self.encode(PurgeRequest(filter: filter), "purge stream", stream)
        let answer: PurgeAnswer = try await call("STREAM.PURGE.\(stream)", "purge stream", stream, body: body)
        return answer.purged
    }

    /// Whether the stream has a message with exactly this subject, without reading it.
    func holds(_ stream: String, _ subject: String) async throws(NATSError) -> Bool {
        let body = try Self.encode(SubjectsRequest(filter: subject), "inspect stream", stream)
        let answer: SubjectsAnswer = try await call("STREAM.INFO.\(stream)", "inspect stream", stream, body: body)
        return answer.state.subjects?[subject] ?? 0 > 0
    }
}
