/// A broker's URL taken apart: `[nats|tls]://[user[:password]@]host[:port]`.
package struct BrokerAddress: Equatable, Sendable {
    package let secure: Bool
    package let host: String
    package let port: UInt16

    /// Without user or password, fit for messages.
    var description: String {
        "\(secure ? "tls" : "nats")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// - Throws: `badSettings` when the text is no such URL.
    package init(_ url: String) throws(NATSError) {
        var rest = Substring(url)
        var secure = false
        if let scheme = rest.firstRange(of: "://") {
            switch rest[..<scheme.lowerBound].lowercased() {
            case "nats": secure = false
            case "tls": secure = true
            default: throw Self.malformed("unknown scheme, use nats:// or tls://")
            }
            rest = rest[scheme.upperBound...]
        }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if let slash = rest.firstIndex(of: "/") { rest = rest[..<slash] }
        let (host, port) = try Self.split(rest)
        self.secure = secure
        self.host = host
        self.port = port
    }

    private static func split(_ text: Substring) throws(NATSError) -> (String, UInt16) {
        var host = text
        var portText: Substring?
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<close]
            let after = text[text.index(after: close)...]
            if after.hasPrefix(":") { portText = after.dropFirst() }
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { throw malformed("no host in the address") }
        guard let portText else { return (String(host), 4222) }
        guard let port = UInt16(portText), port > 0 else { throw malformed("no port number after the colon") }
        return (String(host), port)
    }

    private static func malformed(_ why: String) -> NATSError {
        NATSError(.badSettings, "read", "broker address", detail: why)
    }
}
