import QuloudDaemon

extension BackupReport {
    /// What was read, what was new, and where it lies.
    var text: String {
        let took = Duration(reported: seconds)
        var facts = Facts()
        facts.add("snapshot", shortID(snapshot))
        facts.add(
            "read",
            "\(HumanText.count(files, "file")) in \(HumanText.count(directories, "folder")), "
                + "\(HumanText.bytes(Int(bytes))) in \(HumanText.duration(took))"
                + (readBytes > 0 ? " (\(HumanText.rate(bytes: Int(readBytes), in: took)))" : "")
                + (unchangedFiles > 0 ? "; \(HumanText.number(unchangedFiles)) unchanged" : ""))
        facts.add(
            "chunks",
            "\(HumanText.number(newChunks)) new (\(HumanText.bytes(Int(newSealedBytes))) sealed), "
                + "\(HumanText.number(knownChunks)) known")
        facts.add("holders", holders)
        return facts.text
    }

    private var holders: String {
        let new = newChunks > 0 ? "new chunks on \(fewestReplicas) of \(quorum), " : ""
        return new + "\(HumanText.count(replicasConfirmed, "receipt")), catalog head on \(HumanText.number(headCopies))"
    }

    /// Why the backup is not whole; nil when it is.
    var shortfall: Failure? {
        guard problems > 0 || !isProtected else { return nil }
        var messages: [String] = []
        if problems > 0 {
            messages.append("\(HumanText.count(problems, "file or folder", "files or folders")) could not be read")
        }
        if !isProtected { messages.append(unprotected) }
        return Failure(
            .partly, messages,
            hint: isProtected
                ? "the warnings name them; everything else is backed up"
                : "quloud status shows the holders; a node that runs, or quloud heal, completes what is missing")
    }

    private var unprotected: String {
        if chunksBelowQuorum > 0 {
            let below = HumanText.count(chunksBelowQuorum, "chunk is", "chunks are") + " below the quorum of \(quorum)"
            // Enough holders took the new chunks, so they can take the old ones too.
            guard fewestReplicas < quorum else { return "\(below), left from earlier" }
            let them = chunksBelowQuorum == 1 ? "it is" : "they are"
            return "\(fewestReplicas) of \(quorum): \(below); \(them) completed when another holder joins"
        }
        return headCopies == 0
            ? "no holder keeps the new head of the catalog yet, which recovery needs"
            : "the snapshot is not on \(HumanText.count(quorum, "holder")) yet"
    }
}
