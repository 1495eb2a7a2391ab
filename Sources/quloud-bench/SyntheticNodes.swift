import QuloudCore
import QuloudCrypto

/// Holders with real keys, which vouch for made-up chunks.
struct SyntheticNodes {
    let keys: [NodeKeys]
    let known: [KnownNode]

    init() throws {
        keys = try (1...5).map { number in
            try NodeKeys(secret: SecretBytes(copying: [UInt8](repeating: UInt8(number), count: NodeKeys.secretCount)))
        }
        known = keys.enumerated().map { number, keys in
            KnownNode(
                id: keys.id, agreementKey: keys.agreementKey, label: "node \(number)", lastSeen: Synthetic.lastSeen)
        }
    }

    private func index(_ number: Int, slot: Int) -> Int { (number + slot) % keys.count }

    /// The replicas of a chunk, with signatures that nobody looks at.
    func accepted(_ number: Int) -> [AcceptedReplica] {
        (0..<Synthetic.quorum).map { slot in
            Synthetic.accepted(
                number, slot: slot, on: known[index(number, slot: slot)], signature: Array(repeating: 9, count: 64))
        }
    }

    /// The same for a genuine receipt.
    func accepted(_ number: Int, _ signed: SignedReceipt) -> AcceptedReplica {
        let slot = signed.receipt.slot
        return Synthetic.accepted(number, slot: slot, on: known[index(number, slot: slot)], signature: signed.signature)
    }

    /// What the holders of a chunk send.
    func receipts(_ number: Int) -> [SignedReceipt] {
        (0..<Synthetic.quorum).map { slot in
            let keys = keys[index(number, slot: slot)]
            return Receipt(
                chunk: Synthetic.chunk(number), node: keys.id, agreementKey: keys.agreementKey,
                size: Synthetic.sealedSize, slot: slot, epoch: 1, leaseUntil: Synthetic.leaseUntil, label: "node"
            ).signed(by: keys.identity)
        }
    }
}
