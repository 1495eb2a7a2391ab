import FoundationEssentials

/// A small JetStream client on plain requests: no hidden subscriptions, no unbounded waiting, every status handled.
package struct JetStream: Sendable {
    package let connection: NATSConnection
    /// How long an API request may take.
    package let timeout: Duration

    package init(_ connection: NATSConnection, timeout: Duration = .seconds(5)) {
        self.connection = connection
        self.timeout = timeout
    }

    /// What the account uses and may use.
    /// - Throws: `jetStreamDisabled` when the server or account has none.
    package func accountInfo() async throws(NATSError) -> JetStreamAccount {
        try await call("INFO", "ask account of", "JetStream")
    }

    /// One request to `$JS.API.<verb>`; `operation` and `subject` are for the error text.
    func call<Answer: Decodable & Sendable>(
        _ verb: String, _ operation: String, _ subject: String, body: [UInt8] = []
    ) async throws(NATSError) -> Answer {
        do throws(NATSError) {
            let reply = try await connection.request("$JS.API.\(verb)", payload: body, timeout: timeout)
            return try Self.decode(reply.payload, operation, subject)
        } catch {
            let kind = error.kind == .noResponders ? .jetStreamDisabled : error.kind
            throw NATSError(kind, operation, subject, detail: error.detail)
        }
    }

    /// The JSON answer, or the error in it.
    static func decode<Answer: Decodable>(
        _ payload: [UInt8], _ operation: String, _ subject: String
    ) throws(NATSError) -> Answer {
        let data = Data(payload)
        if let failure = (try? JSONDecoder().decode(ErrorAnswer.self, from: data))?.error {
            throw failure.error(operation, subject)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: data) else {
            throw NATSError(.unexpected, operation, subject, detail: "not the expected JSON")
        }
        return answer
    }

    static func encode(
        _ value: some Encodable, _ operation: String, _ subject: String
    ) throws(NATSError) -> [UInt8] {
        guard let data = try? JSONEncoder().encode(value) else {
            throw NATSError(.unexpected, operation, subject, detail: "cannot be written as JSON")
        }
        return [UInt8](data)
    }
}

/// `$JS.API.INFO`, as far as it concerns us.
package struct JetStreamAccount: Sendable, Decodable {
    package struct Limits: Sendable, Decodable {
        /// Bytes, −1 for no limit.
        package let maxMemory: Int64
        package let maxStorage: Int64

        private enum CodingKeys: String, CodingKey {
            case maxMemory = "max_memory"
            case maxStorage = "max_storage"
        }
    }

    package let memory: UInt64
    package let storage: UInt64
    package let streams: Int
    package let consumers: Int
    package let limits: Limits
}

private struct ErrorAnswer: Decodable {
    let error: APIError?
}

private struct APIError: Decodable {
    let code: Int
    let errorCode: Int?
    let description: String?

    private enum CodingKeys: String, CodingKey {
        case code
        case errorCode = "err_code"
        case description
    }

    func error(_ operation: String, _ subject: String) -> NATSError {
        let number = errorCode ?? 0
        let disabled = JetStreamErrorCode.disabled.contains(number)
        let kind: NATSError.Kind = disabled ? .jetStreamDisabled : .api(code: code, errorCode: number)
        return NATSError(kind, operation, subject, detail: description ?? "")
    }
}

/// The server's `err_code` numbers that we act on.
package enum JetStreamErrorCode {
    /// Not enabled on the server, not enabled for the account.
    static let disabled: Set<Int> = [10076, 10039]
    package static let consumerNotFound = 10014
    package static let memoryExceeded = 10028
    package static let storageExceeded = 10047
    package static let streamNotFound = 10059
    package static let streamNameInUse = 10058
    /// A publish that the stream's limits refuse; the description tells which limit.
    package static let storeFailed = 10077
}

extension NATSError {
    /// The server's `err_code`, when JetStream refused.
    package var apiErrorCode: Int? {
        if case .api(_, let code) = kind { code } else { nil }
    }

    /// A write-once subject already holds a message.
    package var isSubjectTaken: Bool {
        apiErrorCode == JetStreamErrorCode.storeFailed && detail.contains("per subject")
    }

    /// The stream, the account or the server has no room for more.
    package var isStorageFull: Bool {
        switch apiErrorCode {
        case JetStreamErrorCode.storeFailed: !isSubjectTaken
        case JetStreamErrorCode.memoryExceeded, JetStreamErrorCode.storageExceeded, 10023, 10002: true
        default: false
        }
    }
}
