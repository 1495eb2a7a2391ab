import QuloudDaemon

extension [DoctorFinding] {
    /// A line for each, and what to do about it below.
    var text: String {
        let width = map(\.subject.count).max() ?? 0
        return map { finding in
            let subject = finding.subject + String(repeating: " ", count: width - finding.subject.count)
            let line = "\(finding.level.word)  \(SafeText.line(subject))  \(SafeText.line(finding.text))\n"
            return finding.hint.isEmpty ? line : line + "         hint: \(SafeText.line(finding.hint))\n"
        }.joined()
    }

    /// nil when nothing has to be changed.
    var failure: Failure? {
        let count = self.count { $0.level == .bad }
        guard count > 0 else { return nil }
        return Failure(
            .failed, "\(HumanText.count(count, "problem")) found",
            hint: "follow the hints, then run quloud doctor again")
    }
}

extension DoctorFinding.Level {
    /// As wide as the widest.
    fileprivate var word: String {
        switch self {
        case .good: "ok     "
        case .warning: "warning"
        case .bad: "problem"
        }
    }
}
