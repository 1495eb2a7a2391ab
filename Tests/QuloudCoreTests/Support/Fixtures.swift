import Glibc
import QuloudCore
import QuloudCrypto
import QuloudTestKit
import Synchronization

/// Randomness that is always the same byte.
struct FixedEntropy: Entropy {
    let byte: UInt8
    init(_ byte: UInt8 = 0x5A) { self.byte = byte }
    func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }
}

/// Keys and moments that all tests share.
enum Fixture {
    /// Root secret 00 01 … 1f.
    static let root = [UInt8](0..<32)
    /// Node secret 20 21 … 3f.
    static let nodeSecret = [UInt8](32..<64)
    static let otherNodeSecret = [UInt8](64..<96)

    static func owner(_ root: [UInt8] = root) throws -> OwnerKeys { try OwnerKeys(root: SecretBytes(copying: root)) }
    static func node(_ secret: [UInt8] = nodeSecret) throws -> NodeKeys {
        try NodeKeys(secret: SecretBytes(copying: secret))
    }

    static let now = Timestamp(seconds: 1_800_000_000)
    static let chunk = ChunkID(SHA256.hash(Array("a chunk".utf8)))
    static let otherChunk = ChunkID(SHA256.hash(Array("another chunk".utf8)))
    static let address = ReturnAddress("_INBOX.fixed.1")

    static func context(for node: NodeID?, nonce: UInt8 = 7) -> RequestContext {
        RequestContext(
            node: node, returnAddress: address, nonce: [UInt8](repeating: nonce, count: 16), issued: now,
            expires: now.advanced(by: .seconds(300)))
    }

    static func storeRequest(_ keys: OwnerKeys, chunk: ChunkID = chunk, excluded: [NodeID] = [.numbered(5)]) throws
        -> StoreRequest
    {
        StoreRequest(
            chunk: chunk, size: 4096, quorum: 3, slot: 1, epoch: 2, lease: .seconds(86_400),
            retrievalKey: try keys.retrievalKeys(of: chunk).publicPoint,
            ownershipKey: try keys.ownershipKeys(of: chunk).publicPoint,
            mailbox: MailboxID(try keys.mailbox(epoch: 9).publicKey), group: [UInt8](repeating: 3, count: 16),
            excluded: excluded, issued: now, expires: now.advanced(by: .seconds(900)))
    }

    static func receipt(_ node: NodeKeys, chunk: ChunkID = chunk, label: String = "rack 1") -> Receipt {
        Receipt(
            chunk: chunk, node: node.id, agreementKey: node.agreementKey, size: 4096, slot: 1, epoch: 2,
            leaseUntil: now.advanced(by: .seconds(86_400)), label: label)
    }
}

/// Some bytes that do not repeat.
func testBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] { SeededEntropy(seed: seed).bytes(count) }

/// Some text that compresses well.
func testText(_ count: Int) -> [UInt8] {
    Array((0..<count / 16 + 1).flatMap { Array("line of text \($0 % 97) ".utf8) }.prefix(count))
}

extension Array where Element == UInt8 {
    /// True when `other` occurs somewhere in these bytes.
    func contains(subsequence other: [UInt8]) -> Bool {
        withUnsafeBytes { here in
            other.withUnsafeBytes { wanted in
                guard let first = wanted.first, let start = wanted.baseAddress else { return true }
                var rest = here
                while rest.count >= wanted.count, let base = rest.baseAddress {
                    let reach = rest.count - wanted.count + 1
                    guard let hit = memchr(base, Int32(first), reach) else { return false }
                    if memcmp(hit, start, wanted.count) == 0 { return true }
                    rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(hit) - base + 1)...])
                }
                return false
            }
        }
    }
}

/// A value that several tasks change.
final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>
    init(_ value: Value) { state = Mutex(value) }
    var value: Value { state.withLock { $0 } }
    @discardableResult
    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { state.withLock { body(&$0) } }
}
