import CNATS

/// Turns libnats's status codes and texts into our errors.
enum LibraryStatus {
    static func text(_ status: natsStatus) -> String {
        var last = NATS_OK
        if let detail = nats_GetLastError(&last), last == status { return String(cString: detail) }
        return natsStatus_GetText(status).map { String(cString: $0) } ?? ""
    }

    /// What a failed attempt to connect means, given that a NATS server answered at the address.
    static func connectError(_ status: natsStatus, _ address: String) -> NATSError {
        let detail = text(status)
        return NATSError(connectKind(status, detail), "connect to", address, detail: detail)
    }

    static func connectKind(_ status: natsStatus, _ detail: String) -> NATSError.Kind {
        let lower = detail.lowercased()
        switch status {
        case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED: return .authorizationViolation
        case NATS_SSL_ERROR: return .tlsFailed
        case NATS_SECURE_CONNECTION_REQUIRED: return .tlsRequired
        case NATS_SECURE_CONNECTION_WANTED: return .tlsNotOffered
        case NATS_TIMEOUT: return .unreachable
        case NATS_STALE_CONNECTION, NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED: return .disconnected
        default:
            if lower.contains("authorization") || lower.contains("authentication") { return .authorizationViolation }
            // With TLS 1.3 a refused client certificate shows only as an end of the stream where the answer should be.
            if lower.contains("expected 'pong', got ''") { return .tlsFailed }
            if lower.contains("ssl") || lower.contains("tls") || lower.contains("certificate") { return .tlsFailed }
            return .unreachable
        }
    }

    static func publishError(_ status: natsStatus, _ subject: String) -> NATSError {
        let kind: NATSError.Kind =
            switch status {
            case NATS_MAX_PAYLOAD: .payloadTooLarge
            case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_INSUFFICIENT_BUFFER, NATS_IO_ERROR:
                .disconnected
            case NATS_TIMEOUT: .timeout
            case NATS_INVALID_SUBJECT, NATS_INVALID_ARG: .badSettings
            default: .unexpected
            }
        return NATSError(kind, "publish to", subject, detail: kind == .payloadTooLarge ? "" : text(status))
    }

    /// The subject in `Permissions Violation for Publish to "a.b"`, or nil for other texts.
    static func deniedSubject(_ text: String) -> String? {
        guard text.lowercased().contains("permissions violation") else { return nil }
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[1]) : ""
    }
}
