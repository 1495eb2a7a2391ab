import QuloudCore

/// The mailboxes of the owner in this process, so that the holder beside it leaves the owner's chunks to others.
actor OwnMailboxes {
    private let read: @Sendable () async throws -> [MailboxID]
    private var known: Set<MailboxID> = []
    private var foreign: Set<MailboxID> = []

    /// `read` asks the owner's catalog.
    init(read: @escaping @Sendable () async throws -> [MailboxID]) { self.read = read }

    func contains(_ mailbox: MailboxID) async -> Bool {
        if known.contains(mailbox) { return true }
        if foreign.contains(mailbox) { return false }
        // A catalog that cannot be read just now: better to leave a chunk to others than to keep it beside its source.
        guard let mailboxes = try? await read() else { return true }
        known = Set(mailboxes)
        if known.contains(mailbox) { return true }
        if foreign.count > 10_000 { foreign = [] }
        foreign.insert(mailbox)
        return false
    }
}
