import QuloudDaemon

extension AuditReport {
    /// One line of counts, what is behind them, and each replica that is lost or suspect.
    var text: String {
        guard challenged > 0 else { return "no replica to challenge" }
        var lines = [
            "challenged \(HumanText.count(challenged, "replica")): \(HumanText.number(valid)) valid, "
                + "\(HumanText.number(undecided)) undecided, \(HumanText.number(suspect.count)) suspect, "
                + "\(HumanText.number(lost.count)) lost",
            "proved \(HumanText.bytes(Int(provenBytes))) in \(HumanText.duration(Duration(reported: seconds))); "
                + "reference copies: \(HumanText.number(fromSource)) from own files, "
                + "\(HumanText.number(fromReplicas)) from holders",
        ]
        if let detection {
            let tenths = Int((min(max(detection, 0), 1) * 1000).rounded(.down))
            lines.append(
                "a holder that lost 1 % of its replicas is caught by such a sample in \(tenths / 10).\(tenths % 10) % "
                    + "of cases")
        }
        return lines.joined(separator: "\n") + "\n" + findings
    }

    private var findings: String {
        guard !lost.isEmpty || !suspect.isEmpty else { return "" }
        var table = Table([("state", .left), ("chunk", .left), ("node", .left), ("label", .left), ("reason", .left)])
        for (state, replicas) in [("lost", lost), ("suspect", suspect)] {
            for replica in replicas {
                table.add([state, shortID(replica.chunk), shortID(replica.node), replica.label, replica.reason])
            }
        }
        return "\n" + table.text
    }

    /// What is lost; nil when nothing is.
    var loss: Failure? {
        guard !lost.isEmpty else { return nil }
        return Failure(
            .auditFoundLoss, "\(HumanText.count(lost.count, "replica is", "replicas are")) lost",
            hint: "run \"quloud heal\" to replace \(lost.count == 1 ? "it" : "them")")
    }
}
