import QuloudCrypto

/// Why a foreign message was dropped. Drops are counted by these names.
package enum MessageError: String, Error, Sendable, CaseIterable {
    case malformed
    case oversized
    case newerVersion = "newer version"
    case badSignature = "bad signature"
    case expired
    case replayed
    case misdirected
    case foreign

    /// Any error of parsing, as the reason to count.
    init(_ error: any Error) {
        switch error {
        case let reason as MessageError: self = reason
        case WireError.newerVersion: self = .newerVersion
        case WireError.outOfRange: self = .oversized
        default: self = .malformed
        }
    }
}
