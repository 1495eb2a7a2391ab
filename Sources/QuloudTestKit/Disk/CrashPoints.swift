import Glibc

/// Enumerates the states that a power cut at any moment of a recording may leave, recovers each, and checks what is found.
package struct CrashPoints<Subject: CrashSubject>: Sendable {
    let subject: Subject
    /// At most so many states are recovered; `nil` for all.
    let budget: Int?
    /// Of the recoveries, one in so many is interrupted itself.
    let nestedEvery: Int
    /// The same seed chooses the same states.
    let seed: UInt64

    /// - Parameter budget: states to recover; by default every one when `QULOUD_CRASH_POINTS` is `all`, or as many as it says.
    package init(_ subject: Subject, budget: Int, nestedEvery: Int = 20, seed: UInt64 = 1) {
        self.subject = subject
        let wanted = getenv("QULOUD_CRASH_POINTS").map { String(cString: $0) }
        self.budget = wanted == "all" ? nil : wanted.flatMap { Int($0) } ?? budget
        self.nestedEvery = nestedEvery
        self.seed = seed
    }

    /// Records the script once and tries every point of it.
    package func run() async throws -> CrashReport {
        let start = try await subject.prepared()
        let recording = try await subject.record(on: start).recording
        var report = CrashReport(name: Subject.name)
        report.failures += [recording.openFailure].compactMap { $0 }
        report.failures += recording.actions.compactMap(\.failure)
        let points = Self.points(of: recording, seed: seed, into: &report)
        var generator = SplitMix(seed)
        let chosen = Self.choose(points, budget: budget, using: &generator)
        try await check(CrashTrials(of: recording, chosen, nestedEvery: nestedEvery), of: recording, into: &report)
        return report
    }

    // MARK: Enumerating

    /// Every point that can show something new: a state that was not possible one call earlier, or any state when something
    /// was acknowledged since.
    static func points(of recording: CrashRecording, seed: UInt64, into report: inout CrashReport) -> [CrashPoint] {
        var points: [CrashPoint] = []
        var generator = SplitMix(seed)
        var model = DiskModel(recording.start)
        let acknowledged = Set(recording.actions.map(\.ended))
        for prefix in 0...recording.operations.count {
            let steps = prefix > 0 ? recording.operations[prefix - 1].steps : []
            let settled = model.settled
            model.apply(steps)
            let isPromise = prefix == 0 || acknowledged.contains(prefix)
            let hasEffect = steps.contains { if case .effect = $0 { true } else { false } }
            // A rename whose new directory alone was synced may then leave both names.
            let hasSync = !hasEffect && model.settled != settled && !model.undecided.isEmpty
            report.prefixes += 1
            guard isPromise || hasEffect || hasSync else { continue }
            let isFull = isPromise || hasSync
            let choices = CrashChoices(for: model.undecided, lastIsNew: !isFull, using: &generator)
            if !choices.isExhaustive { report.sampled += 1 }
            points += choices.choices.map { CrashPoint(prefix: prefix, choice: $0) }
        }
        report.states += points.count
        return points
    }

    /// All points if there is room for them, else the first two of every prefix (all lost and all kept) as far as there is
    /// room, and a sample of the rest.
    static func choose(_ points: [CrashPoint], budget: Int?, using generator: inout SplitMix) -> [CrashPoint] {
        guard let budget, points.count > budget else { return points }
        func isPlain(_ point: CrashPoint) -> Bool { if case .all = point.choice { true } else { false } }
        var plain = points.filter(isPlain)
        var rest = points.filter { !isPlain($0) }
        plain.shuffle(using: &generator)
        rest.shuffle(using: &generator)
        let plainCount = min(plain.count, max(budget / 2, budget - rest.count))
        return Array((plain.prefix(plainCount) + rest.prefix(budget - plainCount)))
            .sorted { $0.prefix < $1.prefix }
    }

    // MARK: Checking

    /// Recoveries that run at the same time.
    private static var width: Int { max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    private func check(
        _ trials: CrashTrials, of recording: CrashRecording, into report: inout CrashReport
    ) async throws {
        var trials = trials
        try await withThrowingTaskGroup(of: Verdict.self) { group in
            var running = 0
            while true {
                while running < Self.width, report.failures.count < 10, let trial = trials.nextTrial() {
                    group.addTask { try await check(trial, of: recording) }
                    running += 1
                }
                guard let verdict = try await group.next() else { break }
                running -= 1
                report.recovered += 1
                report.nested += verdict.nested
                report.failures += [verdict.failure].compactMap { $0 }
            }
        }
        report.repeated = trials.repeated
    }

    /// What came of one state.
    private struct Verdict: Sendable {
        var nested = 0
        var failure: String?
    }

    private func check(_ trial: CrashTrial, of recording: CrashRecording) async throws -> Verdict {
        let prefix = trial.point.prefix
        let promised = recording.ledger(after: prefix)
        let disk = try SimulatedDisk(trial.tree, isRecording: trial.isNested)
        var verdict = Verdict()
        var wrong: [String] = []
        do {
            let found = try await subject.recover(disk.folder)
            let operations = disk.operations
            wrong += promised.ledger.contradictions(found)
            if let half = promised.underway?.halfSeen(in: found, before: recording.ledger(before: prefix)) {
                wrong.append(half)
            }
            if try await subject.recover(disk.folder) != found { wrong.append("opening again shows something else") }
            try await subject.settle(disk.folder)
            if trial.isNested {
                wrong += try await interrupted(trial.tree, operations, found, count: &verdict.nested)
            }
        } catch {
            wrong.append("cannot be opened: \(error)")
        }
        if !wrong.isEmpty { verdict.failure = Self.describe(wrong, trial, of: recording) }
        return verdict
    }

    private static func describe(_ wrong: [String], _ trial: CrashTrial, of recording: CrashRecording) -> String {
        let prefix = trial.point.prefix
        let last = prefix > 0 ? recording.operations[prefix - 1].description : "nothing"
        let effects = trial.model.undecided.enumerated()
            .map { "\($1.summary): \(trial.point.choice.fate(of: $0))" }
            .joined(separator: "; ")
        return "\(Subject.name), after \(prefix) operations, the last \(last), with [\(effects)]: "
            + wrong.prefix(5).joined(separator: "; ")
    }

    /// Crashes inside a recovery, at a few moments, and recovers from that.
    private func interrupted(
        _ tree: DiskTree, _ operations: [DiskOperation], _ expected: CrashLedger.Values, count: inout Int
    ) async throws -> [String] {
        var wrong: [String] = []
        var generator = SplitMix(seed ^ UInt64(operations.count))
        let changing = operations.indices.filter { !operations[$0].steps.isEmpty }
        for end in changing.shuffled(using: &generator).prefix(4) {
            var model = DiskModel(tree)
            for operation in operations[...end] { model.apply(operation.steps) }
            let choices = CrashChoices(for: model.undecided, using: &generator).choices
            for choice in choices.prefix(2) + choices.dropFirst(2).shuffled(using: &generator).prefix(2) {
                count += 1
                let disk = try SimulatedDisk(model.surviving(choice.fate))
                do {
                    if try await subject.recover(disk.folder) != expected {
                        wrong.append("recovery interrupted after \(operations[end]) shows something else")
                    }
                } catch {
                    wrong.append("recovery interrupted after \(operations[end]) ends in \(error)")
                }
            }
        }
        return wrong
    }
}

extension CrashRecording {
    /// The values that are certain before what is under way after `count` operations.
    func ledger(before count: Int) -> CrashLedger.Values {
        var ledger = CrashLedger(before)
        for action in actions where action.ended <= count && action.failure == nil { ledger.acknowledge(action.change) }
        return ledger.certain
    }
}

extension DiskEffect {
    /// For messages.
    var summary: String {
        switch self {
        case .write(let number, let offset, let bytes): "write \(bytes.count) at \(offset) of #\(number)"
        case .resize(let number, let size): "size \(size) of #\(number)"
        case .mode(let number, let mode): "mode \(String(mode, radix: 8)) of #\(number)"
        case .names(let names):
            names.map { name in
                String(decoding: name.name, as: UTF8.self) + (name.number.map { " is #\($0)" } ?? " goes")
            }.joined(separator: ", ")
        }
    }
}
