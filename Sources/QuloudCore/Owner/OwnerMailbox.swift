import QuloudCrypto

/// A mailbox of this run: fresh for each, so that mailboxes link no more than one run's chunks.
package struct OwnerMailbox: Sendable {
    package let record: MailboxRecord
    package let keys: SealedBox.KeyPair
    package var id: MailboxID { record.id }

    /// Makes a mailbox, remembers it in the catalog and opens it on the fabric.
    package static func fresh(_ context: OwnerContext) async throws -> OwnerMailbox {
        let epoch = context.entropy.uint64()
        let keys = try context.keys.mailbox(epoch: epoch)
        let record = MailboxRecord(id: MailboxID(keys.publicKey), epoch: epoch, createdAt: context.time.now)
        try await context.catalog.add(record)
        try await context.fabric.open(record.id)
        return OwnerMailbox(record: record, keys: keys)
    }
}
