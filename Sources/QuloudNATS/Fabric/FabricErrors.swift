import QuloudCore

extension FabricError {
    /// What a failure at the broker means to the core, in words that tell a user what to do.
    init(_ error: NATSError) {
        self.init(Self.kind(of: error), Self.text(of: error))
    }

    static let cancelled = FabricError(.failed, "cancelled")

    private static func kind(of error: NATSError) -> FabricError.Kind {
        if error.isStorageFull { return .full }
        if error.isSubjectTaken { return .occupied }
        return switch error.kind {
        case .unknownHost, .connectionRefused, .unreachable, .notNATS, .tlsFailed, .disconnected, .closed: .unreachable
        case .timeout: .timeout
        case .noResponders: .nobody
        case .payloadTooLarge: .tooLarge
        case .authorizationViolation, .permissionDenied: .denied
        case .jetStreamDisabled, .tlsRequired, .tlsNotOffered: .unsuitable
        // The next attempt makes it again.
        case .consumerGone: .unreachable
        case .api where error.saysForgotten: .unreachable
        case .api, .badSettings, .slowConsumer, .cancelled, .unexpected: .failed
        }
    }

    private static func text(of error: NATSError) -> String {
        switch error.kind {
        case .jetStreamDisabled:
            "JetStream is not enabled on this server, or not for this account: add a `jetstream` block to its configuration"
        case .permissionDenied:
            "\(error.operation) \(error.subject): the credentials do not allow this subject"
                + (error.detail.isEmpty ? "" : " (\(error.detail))")
        case .authorizationViolation: "\(error.description): check user, password, token or key"
        default: error.description
        }
    }
}

extension NATSError {
    /// The broker no longer has (or never had) a stream or consumer that this needs.
    var saysForgotten: Bool {
        switch kind {
        case .consumerGone, .noResponders: true
        case .api(_, let code): code == JetStreamErrorCode.streamNotFound || code == JetStreamErrorCode.consumerNotFound
        default: false
        }
    }

    var isDenied: Bool { kind == .permissionDenied }
}
