import QuloudDaemon

extension StatusReport {
    /// What is safe first, then the numbers, then what is kept for others.
    func text(_ time: TimeText) -> String {
        var parts: [String] = []
        if let owner {
            parts.append(owner.verdict + "\n\n" + owner.facts(time).text)
            if !owner.holders.isEmpty { parts.append(owner.holderTable(time)) }
        }
        if let holder { parts.append(holder.facts.text) }
        var node = Facts()
        node.add("node", "\(shortID(self.node)), \(isRunning ? "running" : "not running"), data in \(dataDirectory)")
        return (parts + [node.text]).joined(separator: "\n")
    }
}

extension OwnerStatus {
    /// The one line that matters.
    var verdict: String {
        if let historyProblem { return "\(historyProblem): run quloud recover in a fresh data directory" }
        let holders = HumanText.count(quorum, "holder")
        if chunks == 0 { return "nothing is backed up yet: run quloud backup FOLDER" }
        if chunksWithoutReplica > 0 {
            let verb = chunksWithoutReplica == 1 ? "chunk is" : "chunks are"
            return "\(HumanText.number(chunksWithoutReplica)) \(verb) on no holder: run quloud heal"
        }
        if chunksBelowQuorum > 0 {
            let verb = chunksBelowQuorum == 1 ? "chunk has" : "chunks have"
            return "\(HumanText.number(chunksBelowQuorum)) \(verb) fewer than \(holders): run quloud heal"
        }
        let all = chunks == 1 ? "the only chunk is" : "all \(HumanText.number(chunks)) chunks are"
        guard suspect > 0 else { return "\(all) on \(holders)" }
        let verb = suspect == 1 ? "replica is" : "replicas are"
        return "\(all) on \(holders), but \(HumanText.number(suspect)) \(verb) suspect: run quloud audit"
    }

    func facts(_ time: TimeText) -> Facts {
        var facts = Facts()
        facts.add(
            "snapshots", HumanText.number(snapshots) + (lastSnapshotAt.map { ", the last \(time.relative($0))" } ?? ""))
        facts.add("chunks", "\(HumanText.number(chunks)), \(HumanText.bytes(Int(sealedBytes))) sealed")
        facts.add(
            "replicas",
            "\(HumanText.number(valid)) valid, \(HumanText.number(suspect)) suspect, \(HumanText.number(lost)) lost, "
                + "\(HumanText.number(pending)) pending")
        facts.add("last audit", lastAudit.map { $0.text(time) } ?? "never")
        facts.add("next audit", nextAudit.map { $0 <= time.now ? "due now" : time.relative($0) } ?? "not planned")
        return facts
    }

    func holderTable(_ time: TimeText) -> String {
        var table = Table([
            ("holder", .left), ("label", .left), ("last seen", .left), ("valid", .right), ("suspect", .right),
            ("lost", .right), ("size", .right), ("oldest proof", .left),
        ])
        for holder in holders {
            table.add([
                shortID(holder.node), holder.label, time.relative(holder.lastSeen), HumanText.number(holder.valid),
                HumanText.number(holder.suspect), HumanText.number(holder.lost),
                HumanText.bytes(Int(holder.sealedBytes)), time.relative(holder.oldestProof),
            ])
        }
        return table.text
    }
}

extension OwnerStatus.Audit {
    func text(_ time: TimeText) -> String {
        "\(time.relative(finishedAt)): \(HumanText.number(challenged)) challenged, \(HumanText.number(valid)) valid, "
            + "\(HumanText.number(suspect)) suspect, \(HumanText.number(lost)) lost"
    }
}

extension HolderStatus {
    var facts: Facts {
        var facts = Facts()
        let trash = trashedChunks > 0 ? ", \(HumanText.number(trashedChunks)) more in the trash" : ""
        facts.add("for others", "\(HumanText.count(chunks, "chunk")), \(HumanText.bytes(Int(storedBytes)))\(trash)")
        facts.add(
            "room left",
            "\(HumanText.bytes(Int(freeBytes))) of \(HumanText.bytes(Int(capacityBytes)))")
        facts.add("damage", damagedChunks > 0 ? HumanText.count(damagedChunks, "chunk") : "none")
        if !dropped.isEmpty {
            let reasons = dropped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            facts.add(
                "dropped", reasons.map { "\(HumanText.number($0.value)) \($0.key)" }.joined(separator: ", "))
        }
        return facts
    }
}
