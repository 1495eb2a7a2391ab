import QuloudDaemon

extension HealReport {
    var text: String {
        guard chunks > 0 else { return "nothing to heal: every chunk has its quorum" }
        var lines = [
            "healed \(HumanText.number(healed)) of \(HumanText.count(chunks, "chunk")): "
                + "\(HumanText.count(replicasPlaced, "replica")) placed in "
                + HumanText.duration(Duration(reported: seconds))
        ]
        lines += unrecoverable.map { "gone: chunk \(shortID($0))" }
        lines += lostPaths.map { "gone: \(SafeText.line($0))" }
        return lines.joined(separator: "\n")
    }

    /// What is still not as it should be; nil when all is.
    var shortfall: Failure? {
        guard stillBelow > 0 || !unrecoverable.isEmpty else { return nil }
        var messages: [String] = []
        if !unrecoverable.isEmpty {
            let paths = lostPaths.isEmpty ? "" : ", \(HumanText.count(lostPaths.count, "path")) affected"
            let verb = unrecoverable.count == 1 ? "chunk has" : "chunks have"
            messages.append(
                "\(HumanText.number(unrecoverable.count)) \(verb) no copy left to heal from\(paths)")
        }
        if stillBelow > 0 {
            let verb = stillBelow == 1 ? "chunk is" : "chunks are"
            messages.append("\(HumanText.number(stillBelow)) \(verb) still below the quorum: too few willing holders")
        }
        return Failure(
            .partly, messages,
            hint: unrecoverable.isEmpty
                ? "start another holder with room; the running node then goes on"
                : "back those paths up again while they are still on this machine")
    }
}
