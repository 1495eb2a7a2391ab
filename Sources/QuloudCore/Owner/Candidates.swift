/// The holders that a run may ask, from one look around to the next: pure.
///
/// A node that did not answer is not gone yet: after the broker was away, nodes come back one after the other, and what is
/// placed meanwhile must not get fewer replicas for it.
struct Candidates: Sendable {
    struct Holder: Sendable, Equatable {
        let node: NodeID
        /// Failure-domain label; empty when the operator gave none.
        let label: String
        let hasRoom: Bool
        /// Looks in a row that it was missing from.
        fileprivate(set) var missed = 0
        var isSilent: Bool { missed > 0 }
    }

    /// A node that was missing from so many looks is left out.
    static let missedMax = 2

    /// Those that answered last come first, and of these the one with most free space.
    private(set) var holders: [Holder] = []

    var withRoom: [Holder] { holders.filter(\.hasRoom) }

    /// - Parameter answers: most free space first. When nobody has room, those that are known have to do.
    mutating func update(with answers: [Announcement]) {
        guard answers.contains(where: \.takesChunks) || withRoom.isEmpty else { return }
        let answering = Set(answers.map(\.node))
        var silent = holders.filter { !answering.contains($0.node) }
        for number in silent.indices { silent[number].missed += 1 }
        holders =
            answers.map { Holder(node: $0.node, label: $0.label, hasRoom: $0.takesChunks) }
            + silent.filter { $0.missed < Self.missedMax }
    }
}
