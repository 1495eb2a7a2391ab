import QuloudCrypto

/// A 32-byte name. Each use has a type of its own, so that a node id can never stand where a chunk id belongs.
package protocol Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    var value: Bytes32 { get }
    init(_ value: Bytes32)
}

extension Identifier {
    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    /// 64 lower-case hexadecimal digits.
    package var description: String { value.hex }
    /// The first 12 hexadecimal digits: enough to tell names apart in messages to people.
    package var short: String { String(value.hex.prefix(12)) }
    package init?(hex: String) {
        guard let value = Bytes32(hex: hex) else { return nil }
        self.init(value)
    }
}

/// SHA-256 of a sealed chunk: what travels and what holders know it by.
package struct ChunkID: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// A node's Ed25519 public key.
package struct NodeID: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// The X25519 public key of a mailbox, to which receipts are sealed. Mailboxes rotate with every backup run.
package struct MailboxID: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// Keyed fingerprint of a plaintext chunk: finds what this owner already stored, and means nothing to others.
package struct Fingerprint: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// Names one owner's claim on one chunk at one holder: a keyed hash of chunk id and ownership key. Also the blob's name.
package struct HoldingKey: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// Names a snapshot within its owner; people type its first digits.
package struct SnapshotID: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// The Ed25519 public key under which an owner signs catalog heads.
package struct HeadKey: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
}

/// A node's ristretto255 public key `A = a·G`, as an encoded point.
package struct AgreementKey: Identifier {
    package let value: Bytes32
    package init(_ value: Bytes32) { self.value = value }
    /// False for bytes that are no point: nothing can be shared with whoever claims them.
    package var isUsable: Bool { (try? Point(validating: value)) != nil }
}
