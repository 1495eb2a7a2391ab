import QuloudDaemon

extension RecoverReport {
    var text: String {
        "recovered head \(headSequence): \(HumanText.count(snapshots, "snapshot")), "
            + "\(HumanText.count(chunks, "chunk")), \(HumanText.count(replicas, "replica")) in "
            + HumanText.duration(Duration(reported: seconds))
    }

    /// What could not be found again; nil when all was.
    var shortfall: Failure? {
        if listLost {
            return Failure(
                .partly, "no list of snapshots is left: what was backed up before cannot be restored",
                hint: "the next backup stores everything anew and goes on with this history")
        }
        guard missingChunks > 0 else { return nil }
        return Failure(
            .partly, "\(HumanText.count(missingChunks, "chunk is", "chunks are")) on no holder that answered",
            hint: "when more holders are up, run \"quloud audit\" and \"quloud heal\"; quloud status tells what is safe"
        )
    }
}
