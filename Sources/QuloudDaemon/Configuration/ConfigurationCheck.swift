/// Checks of single values. Each says what is wrong with a value, or nil; no message repeats what might be a secret.
enum ConfigurationCheck {
    static func label(_ text: String) -> String? {
        guard text.count <= 64 else { return "is longer than 64 characters" }
        let isPlain = text.unicodeScalars.allSatisfy { !$0.properties.isDefaultIgnorableCodePoint && $0.value >= 0x20 }
        return isPlain ? nil : "contains control characters"
    }

    static func pattern(_ text: String) -> String? {
        if text.isEmpty { return "is not a pattern" }
        return text.contains("\0") ? "contains a NUL character" : nil
    }

    static func listenAddress(_ text: String) -> String? {
        HostAndPort(text, allowingPortZero: true) == nil
            ? "is not an address and port; write for example \"127.0.0.1:0\"" : nil
    }

    /// What is wrong with the address of a broker.
    static func brokerURL(_ text: String) -> String? {
        let scheme = ["nats://", "tls://"].first { text.hasPrefix($0) }
        guard let scheme else {
            return "is neither \"embedded\" nor an address; write for example \"nats://nas.example:4222\""
        }
        let rest = text.dropFirst(scheme.count)
        let hostOnly = rest.last == "/" ? rest.dropLast() : rest
        let withPort = HostAndPort.endsInPort(hostOnly) ? String(hostOnly) : "\(hostOnly):4222"
        guard HostAndPort(withPort, allowingPortZero: false) != nil else {
            return "is not the address of a broker; write for example \"\(scheme)nas.example:4222\""
        }
        return nil
    }
}

/// `host:port`, `[IPv6]:port`.
package struct HostAndPort: Sendable, Equatable {
    /// Without the brackets of an IPv6 address.
    package let host: String
    /// 0 only where that was allowed.
    package let port: UInt16

    /// nil when `text` is not of that form.
    package init?(_ text: String, allowingPortZero: Bool) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        guard port > 0 || allowingPortZero else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        if isBracketed { host = host.dropFirst().dropLast() }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"), UInt8(ascii: "%"): isBracketed
            default: false
            }
        }
        guard !host.isEmpty, isPlain else { return nil }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    static func endsInPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        return !text[colon...].contains("]")
    }
}
