import Glibc

/// Lets each file call of a subject's script fail in turn, and checks that what was acknowledged in spite of it is there.
package struct FaultPoints<Subject: CrashSubject>: Sendable {
    let subject: Subject
    let effect: DiskFault.Effect
    let kinds: Set<DiskOperation.Kind>
    /// At most so many calls are tried; `nil` for all.
    let budget: Int?

    /// - Parameter budget: as for `CrashPoints`.
    package init(
        _ subject: Subject, _ effect: DiskFault.Effect, kinds: Set<DiskOperation.Kind>, budget: Int
    ) {
        self.subject = subject
        self.effect = effect
        self.kinds = kinds
        self.budget = CrashPoints(subject, budget: budget).budget
    }

    /// What became of the script when one call failed.
    package struct Outcome: Sendable {
        /// The call that failed; `nil` when the script made fewer this time.
        package let struck: DiskOperation?
        /// How each action failed, or `nil`; empty when the script could not begin.
        package let failures: [String?]
        /// Of the actions, the first that ended after the call that failed.
        package let during: Int?
    }

    /// - Parameter inspect: checks one outcome further, and says what is wrong.
    package func run(inspect: (Outcome) -> [String] = { _ in [] }) async throws -> FaultReport {
        let start = try await subject.prepared()
        let clean = try await subject.record(on: start).recording
        var report = FaultReport(name: Subject.name)
        report.calls = clean.operations.count { kinds.contains($0.kind) }
        for call in choose(report.calls, of: clean) {
            let (recording, disk) = try await subject.record(on: start, [DiskFault(kinds, effect, after: call)])
            report.tried += 1
            if recording.openFailure != nil || recording.actions.contains(where: { $0.failure != nil }) {
                report.refused += 1
            }
            disk.clearFaults()
            let struck = disk.operations.firstIndex { $0.error != 0 && kinds.contains($0.kind) && isStruck($0) }
            var wrong = inspect(
                Outcome(
                    struck: struck.map { disk.operations[$0] }, failures: recording.actions.map(\.failure),
                    during: struck.flatMap { index in recording.actions.firstIndex { $0.ended > index } }))
            wrong += try await recover(recording, disk.model)
            if !wrong.isEmpty {
                let what = struck.map { "\(disk.operations[$0])" } ?? "call \(call)"
                report.failures.append("\(Subject.name), \(what): \(wrong.prefix(5).joined(separator: "; "))")
            }
            if report.failures.count >= 10 { break }
        }
        return report
    }

    /// All calls, or a sample: half of it from the script itself, where opening makes hundreds of calls that are alike.
    private func choose(_ calls: Int, of clean: CrashRecording) -> [Int] {
        guard let budget, budget < calls else { return Array(0..<calls) }
        let opening = clean.operations.prefix(clean.actions.first?.began ?? 0).count { kinds.contains($0.kind) }
        var generator = SplitMix(1)
        let early = (0..<opening).shuffled(using: &generator)
        let late = (opening..<calls).shuffled(using: &generator)
        let lateCount = min(late.count, max((budget + 1) / 2, budget - early.count))
        return (early.prefix(budget - lateCount) + late.prefix(lateCount)).sorted()
    }

    private func isStruck(_ operation: DiskOperation) -> Bool {
        if case .fail(let code) = effect { operation.error == code } else { false }
    }

    /// The process is killed, or the power cut, after the script: neither may cost what was acknowledged.
    private func recover(_ recording: CrashRecording, _ model: DiskModel) async throws -> [String] {
        let ledger = recording.ledger(after: recording.operations.count).ledger
        var wrong: [String] = []
        for (what, tree) in [("killed", model.live), ("power cut", model.surviving { _ in .lost })] {
            let disk = try SimulatedDisk(tree)
            do {
                let found = try await subject.recover(disk.folder)
                wrong += ledger.contradictions(found).map { "\(what): \($0)" }
                if try await subject.recover(disk.folder) != found { wrong.append("\(what): opening again differs") }
                try await subject.settle(disk.folder)
            } catch {
                wrong.append("\(what): cannot be opened: \(error)")
            }
        }
        return wrong
    }
}

/// What letting calls fail came to.
package struct FaultReport: Sendable {
    package let name: String
    /// Calls of the script that could fail.
    package var calls = 0
    package var tried = 0
    /// Of them, those that made an action fail; the others were made good.
    package var refused = 0
    package var failures: [String] = []

    package init(name: String) { self.name = name }

    package func line(_ effect: String) -> String {
        let title = "\(name), \(effect)"
        return "fault points  \(title)" + String(repeating: " ", count: max(1, 28 - title.count))
            + "\(calls) calls, \(tried) tried, \(refused) refused"
    }
}
