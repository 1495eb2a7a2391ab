/// In which order holders are asked to take a chunk: pure.
enum CandidateOrder {
    /// Whoever has the least to do comes first, so that a fast holder takes more than a slow one; ties fall at random. Of
    /// the first `count`, no two share a failure domain as long as there are enough domains. The silent come last.
    /// - Parameters:
    ///   - outstanding: how many tickets each node has not answered yet.
    ///   - draws: uniform in `0 ..< 1`, one for each candidate.
    static func order(
        _ candidates: [Candidates.Holder], outstanding: [NodeID: Int], count: Int, draws: [Double]
    ) -> [NodeID] {
        let sorted = zip(candidates, draws).sorted { one, other in
            if one.0.isSilent != other.0.isSilent { return other.0.isSilent }
            return (outstanding[one.0.node, default: 0], one.1) < (outstanding[other.0.node, default: 0], other.1)
        }.map(\.0)
        var domains: Set<String> = []
        var first: [NodeID] = []
        var rest: [NodeID] = []
        for candidate in sorted {
            let isNew = candidate.label.isEmpty || domains.insert(candidate.label).inserted
            let isFirst = isNew && !candidate.isSilent && first.count < count
            if isFirst { first.append(candidate.node) } else { rest.append(candidate.node) }
        }
        return first + rest
    }
}
