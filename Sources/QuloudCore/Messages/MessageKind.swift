/// The messages of the protocol. Every one starts with `QL`, the version and its kind.
package enum MessageKind: UInt8, Sendable {
    case storeRequest = 1
    case storeAcks = 2
    case storeCommit = 3
    case retrieveRequest = 4
    case locateRequest = 5
    case renewRequest = 6
    case releaseRequest = 7
    case proofOfStorageRequest = 8
    case proofOfStorageResponse = 9
    case announceRequest = 10
    case announce = 11
    case headPut = 12
    case headGet = 13
    case outcome = 15

    package static let version: UInt8 = 1
    package static let prefixCount = 4
}

extension WireWriter {
    package init(_ kind: MessageKind, capacity: Int = 256) {
        self.init(capacity: capacity)
        put(raw: [UInt8(ascii: "Q"), UInt8(ascii: "L"), MessageKind.version, kind.rawValue])
    }
}

extension WireReader {
    /// Opens a message of the kind expected.
    package init(_ bytes: [UInt8], expecting kind: MessageKind) throws(WireError) {
        guard bytes.count <= Limits.messageSizeMax else { throw .outOfRange("message of \(bytes.count) bytes") }
        guard bytes.count >= MessageKind.prefixCount else { throw .truncated }
        guard bytes[0] == UInt8(ascii: "Q"), bytes[1] == UInt8(ascii: "L") else { throw .unknownFormat }
        guard bytes[2] == MessageKind.version else { throw .newerVersion(bytes[2]) }
        guard bytes[3] == kind.rawValue else { throw .unknownFormat }
        self.init(bytes, from: MessageKind.prefixCount)
    }
}
