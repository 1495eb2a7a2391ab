package import QuloudCore

/// The contract of `SnapshotCatalog`, rule by rule.
package enum SnapshotCatalogConformance: String, ConformanceRule {
    case nothingAtFirst, addKeepsSnapshotAndHead, addAgainKeepsOne, oldestFirst, rootsKeepTheirOrder
    case replaceForgetsTheRest, greatestSequenceIsKept
    case mailboxesNewestFirst, mailboxAgainKeepsOne, lastAuditIsTheNewest
    case nextAuditFollowsReplicas, survivesReopen

    /// Checks this rule against a fresh catalog. Throws `ConformanceFailure`, or whatever the catalog throws.
    package func check(_ make: @Sendable () async throws -> PortUnderTest<any OwnerCatalog>) async throws {
        let subject = try await make()
        let catalog = subject.port
        switch self {
        case .nothingAtFirst: try await checkEmpty(catalog)
        case .addKeepsSnapshotAndHead, .addAgainKeepsOne, .oldestFirst, .rootsKeepTheirOrder, .greatestSequenceIsKept:
            try await checkAdding(catalog)
        case .replaceForgetsTheRest: try await checkReplacing(catalog)
        case .mailboxesNewestFirst, .mailboxAgainKeepsOne: try await checkMailboxes(catalog)
        case .lastAuditIsTheNewest: try await checkAudits(catalog)
        case .nextAuditFollowsReplicas: try await checkNextAudit(catalog)
        case .survivesReopen: try await checkReopening(subject)
        }
    }

    private func checkEmpty(_ catalog: any SnapshotCatalog) async throws {
        try require(try await catalog.snapshots(), is: [], "snapshots")
        try require(try await catalog.head(), is: nil, "the head")
        try require(try await catalog.mailboxes(), is: [], "mailboxes")
        try require(try await catalog.lastAudit(), is: nil, "the last audit")
        try require(try await catalog.nextAuditDue(), is: nil, "the next audit")
    }

    private func checkAdding(_ catalog: any SnapshotCatalog) async throws {
        let snapshot = Sample.snapshot(1, at: 100)
        let head = HeadRecord(sequence: 4, bytes: [1, 2])
        switch self {
        case .addAgainKeepsOne:
            try await catalog.add(snapshot, head: head)
            try await catalog.add(snapshot, head: head)
            try require(try await catalog.snapshots(), is: [snapshot], "snapshots")
        case .oldestFirst:
            let snapshots = [Sample.snapshot(1, at: 300), Sample.snapshot(2, at: 100), Sample.snapshot(3, at: 200)]
            for one in snapshots { try await catalog.add(one, head: head) }
            try require(try await catalog.snapshots(), is: [snapshots[1], snapshots[2], snapshots[0]], "snapshots")
        case .rootsKeepTheirOrder:
            let names = ["z", "a", "m"].map { Array($0.utf8) } + [[0xFF]]
            let roots = names.compactMap { TreePath($0) }
            try await catalog.add(Sample.snapshot(1, at: 1, roots: roots), head: head)
            try await catalog.add(Sample.snapshot(2, at: 2, roots: []), head: head)
            try require(try await catalog.snapshots().map(\.roots), is: [roots, []], "roots")
        case .greatestSequenceIsKept:
            let greatest = HeadRecord(sequence: .max, bytes: [])
            try await catalog.add(snapshot, head: greatest)
            try require(try await catalog.head(), is: greatest, "the head")
        default:
            try await catalog.add(snapshot, head: head)
            try require(try await catalog.snapshots(), is: [snapshot], "snapshots")
            try require(try await catalog.head(), is: head, "the head")
        }
    }

    private func checkReplacing(_ catalog: any SnapshotCatalog) async throws {
        for number in 1...3 as ClosedRange<UInt64> {
            try await catalog.add(
                Sample.snapshot(number, at: Int64(number)), head: HeadRecord(sequence: number, bytes: [1]))
        }
        let kept = [Sample.snapshot(2, at: 2), Sample.snapshot(9, at: 9)]
        let head = HeadRecord(sequence: 2, bytes: [7])
        for _ in 0..<2 {
            try await catalog.replace(snapshots: kept, head: head)
            try require(try await catalog.snapshots(), is: kept, "snapshots")
            try require(try await catalog.head(), is: head, "the head")
        }
    }

    private func checkMailboxes(_ catalog: any SnapshotCatalog) async throws {
        let mailboxes = [(1, 30), (2, 10), (.max, 20)].map { (epoch: UInt64, at: Int64) in
            MailboxRecord(id: .numbered(epoch), epoch: epoch, createdAt: Timestamp(seconds: at))
        }
        for mailbox in mailboxes { try await catalog.add(mailbox) }
        if self == .mailboxAgainKeepsOne { try await catalog.add(mailboxes[1]) }
        try require(try await catalog.mailboxes(), is: [mailboxes[0], mailboxes[2], mailboxes[1]], "mailboxes")
    }

    private func checkAudits(_ catalog: any SnapshotCatalog) async throws {
        for count in [1, 2, 2] {
            let note = AuditNote(
                finishedAt: Timestamp(seconds: Int64(count)), challenged: 10 * count, valid: 7 * count,
                suspect: 2 * count, lost: count)
            try await catalog.note(note)
            try require(try await catalog.lastAudit(), is: note, "the last audit")
        }
    }

    private func checkNextAudit(_ catalog: any OwnerCatalog) async throws {
        try await OwnerCatalogReading.place([(1, [5, 6])], in: catalog)
        try await catalog.update([Sample.replica(1, on: 5, audit: 300), Sample.replica(1, on: 6, audit: 250)])
        try require(try await catalog.nextAuditDue(), is: Timestamp(seconds: 250), "the next audit")
        try await catalog.update([Sample.replica(1, on: 6, .released, audit: 250)])
        try require(try await catalog.nextAuditDue(), is: Timestamp(seconds: 300), "the next audit without it")
        try await catalog.update([Sample.replica(1, on: 5, .lost(.silent, at: Timestamp(seconds: 1)))])
        try require(try await catalog.nextAuditDue(), is: nil, "the next audit of nothing")
    }

    private func checkReopening(_ subject: PortUnderTest<any OwnerCatalog>) async throws {
        let snapshot = Sample.snapshot(1, at: 100)
        let head = HeadRecord(sequence: 4, bytes: [1, 2])
        let mailbox = MailboxRecord(id: .numbered(1), epoch: 3, createdAt: Timestamp(seconds: 5))
        let note = AuditNote(finishedAt: Timestamp(seconds: 9), challenged: 4, valid: 3, suspect: 0, lost: 1)
        try await subject.port.add(snapshot, head: head)
        try await subject.port.add(mailbox)
        try await subject.port.note(note)
        let again = try await subject.reopen()
        try require(try await again.snapshots(), is: [snapshot], "snapshots")
        try require(try await again.head(), is: head, "the head")
        try require(try await again.mailboxes(), is: [mailbox], "mailboxes")
        try require(try await again.lastAudit(), is: note, "the last audit")
    }
}
