import Glibc
import QuloudCore
import QuloudCrypto

/// Made-up records, each a function of its number. Identifiers are spread evenly, as real ones are.
enum Synthetic {
    static let quorum = 3
    static let sealedSize = 401_000
    static let now = Timestamp(seconds: Int64(time(nil)))
    static let filesPerDirectory = 100
    private static let day: Int64 = 86_400

    static func identifier<ID: Identifier>(_ number: Int, kind: UInt64) -> ID {
        var state = UInt64(truncatingIfNeeded: number) &* 8 &+ kind
        let value = Bytes32 { bytes in
            for offset in stride(from: 0, to: Bytes32.count, by: 8) {
                state = mixed(state)
                bytes.storeBytes(of: state, toByteOffset: offset, as: UInt64.self)
            }
        }
        return ID(value)
    }

    /// A bijection of numbers that look drawn at random.
    static func mixed(_ number: UInt64) -> UInt64 {
        var value = number &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    static func chunk(_ number: Int) -> ChunkID { identifier(number, kind: 3) }

    static func prepared(_ number: Int) -> PreparedChunk {
        let key: Fingerprint = identifier(number, kind: 5)
        return PreparedChunk(
            chunk: CatalogChunk(
                id: chunk(number), fingerprint: identifier(number, kind: 4), contentKey: key.value,
                plainSize: 400_000, sealedSize: sealedSize, purpose: .data, quorum: quorum, createdAt: now),
            source: [SourcePart(path: path(number), offset: 0, length: 400_000)])
    }

    /// A replica as its receipt tells it. They are due for audit evenly over thirty days, from tomorrow on.
    static func accepted(_ number: Int, slot: Int, on node: KnownNode, signature: [UInt8]) -> AcceptedReplica {
        let due = day + Int64(mixed(UInt64(number * quorum + slot)) % UInt64(30 * day))
        return AcceptedReplica(
            replica: Replica(
                chunk: chunk(number), node: node.id, state: .valid, since: now, provenAt: now,
                nextAudit: Timestamp(seconds: now.seconds + due), leaseUntil: leaseUntil),
            node: node, slot: slot, epoch: 1, signature: signature)
    }

    static let leaseUntil = Timestamp(seconds: now.seconds + 180 * day)
    static let endOfFirstDay = Timestamp(seconds: now.seconds + 2 * day)
    /// So long ago that no owner waits for them.
    static let lastSeen = Timestamp(seconds: now.seconds - 30 * day)

    // MARK: Files, one for each chunk

    static func directory(_ number: Int) -> SystemPath {
        Array("/srv/data/folder-\(number / 1000)/folder-\(number)".utf8)
    }

    static func path(_ number: Int) -> SystemPath {
        directory(number / filesPerDirectory) + Array("/file-\(number)".utf8)
    }

    static func file(_ number: Int) -> CachedFile {
        let key: Fingerprint = identifier(number, kind: 5)
        let reference = ChunkRef(id: chunk(number), contentKey: key.value, plainSize: 400_000)
        return CachedFile(
            name: Array("file-\(number)".utf8),
            stamp: FileStamp(
                device: 1, inode: UInt64(number), size: 400_000, modifiedSeconds: 1_700_000_000,
                modifiedNanoseconds: 5, changedSeconds: 1_700_000_000, changedNanoseconds: 5, links: 1),
            content: FileContent.encode([
                Segment(fileOffset: 0, length: 400_000, chunk: reference, chunkOffset: 0)
            ]))
    }

    // MARK: Holdings

    static func holding(_ number: Int) -> Holding {
        Holding(
            key: identifier(number, kind: 6), chunk: chunk(number), size: sealedSize, storedSize: 401_100,
            sealedTerms: Array(repeating: 7, count: 220), groupTag: nil,
            // Taken one after another, so no two end at the same moment.
            leaseUntil: leaseUntil.advanced(by: .milliseconds(number)),
            storedAt: now.advanced(by: .milliseconds(number)))
    }
}
