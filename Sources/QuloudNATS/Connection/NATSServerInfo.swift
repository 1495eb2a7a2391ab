import FoundationEssentials

/// The greeting (`INFO`) of a NATS server, as far as it concerns us.
package struct NATSServerInfo: Sendable, Equatable, Decodable {
    package let version: String
    /// Largest message in bytes, headers included.
    package let maxPayload: Int
    package let serverName: String
    package let jetStream: Bool
    package let authRequired: Bool
    package let tlsRequired: Bool
    package let tlsAvailable: Bool
    /// The server wants a certificate from its clients.
    package let tlsVerify: Bool

    private enum CodingKeys: String, CodingKey {
        case version
        case maxPayload = "max_payload"
        case serverName = "server_name"
        case jetStream = "jetstream"
        case authRequired = "auth_required"
        case tlsRequired = "tls_required"
        case tlsAvailable = "tls_available"
        case tlsVerify = "tls_verify"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        version = try values.decode(String.self, forKey: .version)
        maxPayload = try values.decode(Int.self, forKey: .maxPayload)
        serverName = try values.decodeIfPresent(String.self, forKey: .serverName) ?? ""
        jetStream = try values.decodeIfPresent(Bool.self, forKey: .jetStream) ?? false
        authRequired = try values.decodeIfPresent(Bool.self, forKey: .authRequired) ?? false
        tlsRequired = try values.decodeIfPresent(Bool.self, forKey: .tlsRequired) ?? false
        tlsAvailable = try values.decodeIfPresent(Bool.self, forKey: .tlsAvailable) ?? false
        tlsVerify = try values.decodeIfPresent(Bool.self, forKey: .tlsVerify) ?? false
    }

    /// Parses one `INFO {…}` line; nil when it is something else.
    package init?(line: [UInt8]) {
        guard line.starts(with: Array("INFO ".utf8)) else { return nil }
        guard let info = try? JSONDecoder().decode(Self.self, from: Data(line.dropFirst(5))) else { return nil }
        self = info
    }
}
