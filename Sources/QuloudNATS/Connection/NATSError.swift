/// What went wrong between this process and the broker.
package struct NATSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The cases that a caller or a user has to tell apart.
    package enum Kind: Equatable, Sendable {
        /// A setting cannot be used: malformed address, unreadable file, wrong key.
        case badSettings
        /// The host's name does not resolve.
        case unknownHost
        /// Nothing listens at the address.
        case connectionRefused
        /// The address does not answer, for another reason than a refusal.
        case unreachable
        /// Something listens, but it is no NATS server.
        case notNATS
        /// The TLS handshake failed: unknown authority, wrong name, missing client certificate.
        case tlsFailed
        /// The server insists on TLS and the settings do not.
        case tlsRequired
        /// The settings insist on TLS and the server does not offer it.
        case tlsNotOffered
        /// The server refuses these credentials.
        case authorizationViolation
        /// The connection is down for now; it is being re-established.
        case disconnected
        /// No answer in time.
        case timeout
        /// Nobody listens on the subject of a request.
        case noResponders
        /// The message is larger than the server's `max_payload`.
        case payloadTooLarge
        /// The credentials do not allow this subject.
        case permissionDenied
        /// The server or the account has no JetStream.
        case jetStreamDisabled
        /// JetStream refused a request: HTTP-like code and the server's own error code (`err_code`).
        case api(code: Int, errorCode: Int)
        /// A pull ended because the consumer or stream is gone, or its server lost it.
        case consumerGone
        /// A subscription's bounds were exceeded and messages were dropped.
        case slowConsumer
        /// The connection was closed by this process.
        case closed
        /// The calling task was cancelled.
        case cancelled
        /// The server or the library answered something that cannot be understood.
        case unexpected
    }

    package let kind: Kind
    /// What was being done, in plain words: "connect", "request", "create stream".
    package let operation: String
    /// The subject, stream or address concerned; never a secret.
    package let subject: String
    /// More from the server, library or system; empty when there is none.
    package let detail: String

    package init(_ kind: Kind, _ operation: String, _ subject: String, detail: String = "") {
        self.kind = kind
        self.operation = operation
        self.subject = subject
        self.detail = detail
    }

    package var description: String {
        let text = "\(operation) \(subject): \(kind.message)"
        return detail.isEmpty ? text : "\(text) (\(detail))"
    }
}

extension NATSError.Kind {
    fileprivate var message: String {
        switch self {
        case .badSettings: "unusable setting"
        case .unknownHost: "unknown host"
        case .connectionRefused: "connection refused"
        case .unreachable: "cannot be reached"
        case .notNATS: "no NATS server there"
        case .tlsFailed: "TLS handshake failed"
        case .tlsRequired: "the server requires TLS"
        case .tlsNotOffered: "the server does not offer TLS"
        case .authorizationViolation: "the server refuses these credentials"
        case .disconnected: "disconnected from the broker"
        case .timeout: "no answer in time"
        case .noResponders: "nobody answers there"
        case .payloadTooLarge: "larger than the server's max_payload"
        case .permissionDenied: "permission denied"
        case .jetStreamDisabled: "JetStream is not enabled"
        case .api(let code, let errorCode): "refused by JetStream, code \(code), error \(errorCode)"
        case .consumerGone: "the consumer is gone"
        case .slowConsumer: "messages dropped, reader too slow"
        case .closed: "connection closed"
        case .cancelled: "cancelled"
        case .unexpected: "unexpected answer"
        }
    }
}
