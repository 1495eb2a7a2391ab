/// In which order holders are asked to take a chunk: pure.
package enum CandidateOrder {
    package struct Candidate: Sendable, Equatable {
        package let node: NodeID
        /// Failure-domain label; empty when the operator gave none.
        package let label: String
        /// Tickets that the node has not answered yet.
        package let outstanding: Int
        package init(node: NodeID, label: String, outstanding: Int) {
            self.node = node
            self.label = label
            self.outstanding = outstanding
        }
    }

    /// Whoever has the least to do comes first, so that a fast holder takes more than a slow one; ties fall at random. Of
    /// the first `count`, no two share a failure domain as long as there are enough domains.
    /// - Parameter draws: uniform in `0 ..< 1`, one for each candidate.
    package static func order(_ candidates: [Candidate], count: Int, draws: [Double]) -> [NodeID] {
        let sorted = zip(candidates, draws).sorted { ($0.0.outstanding, $0.1) < ($1.0.outstanding, $1.1) }.map(\.0)
        var domains: Set<String> = []
        var first: [NodeID] = []
        var rest: [NodeID] = []
        for candidate in sorted {
            let isNew = candidate.label.isEmpty || domains.insert(candidate.label).inserted
            if isNew, first.count < count { first.append(candidate.node) } else { rest.append(candidate.node) }
        }
        return first + rest
    }
}
