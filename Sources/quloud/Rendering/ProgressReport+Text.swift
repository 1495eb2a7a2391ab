import QuloudDaemon

extension ProgressReport {
    /// What is known about the way so far, on one line.
    func text(elapsed: Duration) -> String {
        let problems = self.problems > 0 ? [HumanText.count(self.problems, "problem")] : []
        switch phase {
        case .backup:
            var parts = [HumanText.count(items, "file")]
            if replicasWanted > 0 || replicasConfirmed > 0 {
                parts.append(share(replicasConfirmed, replicasWanted, "replica") + " confirmed")
            }
            return bytesText(elapsed, note: parts + problems)
        case .restore: return bytesText(elapsed, note: [share(items, totalItems, "file")] + problems)
        case .audit:
            let left = totalItems > 0 ? Progress.timeLeft(done: items, total: totalItems, elapsed: elapsed) : nil
            let parts = [share(items, totalItems, "replica") + " answered", "\(HumanText.bytes(Int(bytes))) proved"]
            return (parts + [left.map { "\(HumanText.duration($0)) left" }].compactMap { $0 } + problems)
                .joined(separator: ", ")
        case .heal:
            let parts = [share(items, totalItems, "chunk"), "\(HumanText.count(replicasConfirmed, "replica")) placed"]
            return (parts + problems).joined(separator: ", ")
        }
    }

    private func bytesText(_ elapsed: Duration, note: [String]) -> String {
        Progress(
            doneBytes: Int(bytes), totalBytes: totalBytes > 0 ? Int(totalBytes) : nil, elapsed: elapsed,
            note: note.joined(separator: ", ")
        ).text
    }

    /// "12 of 340 files", or "12 files" while the total is not known.
    private func share(_ part: Int, _ whole: Int, _ one: String) -> String {
        whole > 0 ? "\(HumanText.number(part)) of \(HumanText.count(whole, one))" : HumanText.count(part, one)
    }
}
