import QuloudCore
import QuloudTestKit
import Synchronization

/// Where this world's nodes keep their things.
extension World {
    func holderStorage() -> any HolderStorage {
        guard isReal else { return MemoryHolderStorage(scheduler, plot, totalBytes: profile.diskBytes) }
        return RealHolderStorage(realDisk(), in: self)
    }

    func ownerStorage(_ start: DiskTree = DiskTree()) -> any OwnerStorage {
        isReal ? RealOwnerStorage(realDisk(start), in: self) : MemoryOwnerStorage(scheduler, plot)
    }

    private func realDisk(_ start: DiskTree = DiskTree()) -> RealDisk {
        let disk = RealDisk(plot, start: start)
        add(disk)
        return disk
    }

    /// 1, asked of the disk: what a holder vouches for would survive if the power went now.
    func watchDurability() {
        guard isReal else { return }
        let holders = Dictionary(uniqueKeysWithValues: holders.map { ($0.id, $0.storage) })
        overhear { [oracle] crossing in
            for (node, key) in oracle.vouched(in: crossing) {
                guard let storage = holders[node], !storage.isDurable(key) else { continue }
                oracle.violate(.receiptDurable, "\(node.short) vouches for \(key.short), which a power cut may lose")
            }
        }
    }
}

extension Oracle {
    /// What honest senders say in a message of receipts that they have, and what nothing happened to.
    func vouched(in crossing: Crossing) -> [(NodeID, HoldingKey)] {
        guard case .receipts = crossing.kind, let mailbox = crossing.mailbox,
            let keys = state.withLock({ $0.mailboxes[mailbox] }),
            let opened = try? ReceiptEnvelope.open(crossing.bytes, with: keys)
        else { return [] }
        return opened.genuine.filter { $0.receipt.node == crossing.sender }.compactMap { signed in
            state.withLock { state in
                guard let model = state.nodes[signed.receipt.node], model.isHonest,
                    let kept = model.kept[signed.receipt.chunk], !kept.isReleased, !kept.isHarmed, let key = kept.key
                else { return nil }
                return (signed.receipt.node, key)
            }
        }
    }
}
