import QuloudSimulation
import QuloudSystem

/// What the workers told, summed up.
struct Totals: Sendable {
    var seeds = 0
    var failures = 0
    /// A seed that was begun and has not ended.
    var underway: UInt64?
    private var steps = 0
    private var milliseconds = 0
    private var faults: [String: Int] = [:]
    private var states: [String: Int] = [:]
    private var digest = ""

    mutating func hear(_ line: String) {
        guard line.hasPrefix("@ ") else { return say(line) }
        let words = line.dropFirst(2).split(separator: " ", maxSplits: 3).map(String.init)
        guard words.count >= 2 else { return }
        switch words[0] {
        case "begin": underway = UInt64(words[1])
        case "end":
            underway = nil
            seeds += 1
            let rest = words.count > 3 ? words[3].split(separator: " ").map(String.init) : []
            steps += words.count > 2 ? Int(words[2]) ?? 0 : 0
            digest = rest.first ?? ""
            milliseconds += rest.count > 1 ? Int(rest[1]) ?? 0 : 0
        case "violation":
            if let seed = UInt64(words[1]) { fail(seed, words[2], words.count > 3 ? words[3] : "") }
        case "fault": faults[words[2...].joined(separator: " "), default: 0] += Int(words[1]) ?? 0
        case "state": states[words[2...].joined(separator: " "), default: 0] += Int(words[1]) ?? 0
        default: say(line)
        }
    }

    mutating func fail(_ seed: UInt64, _ invariant: String, _ text: String) {
        failures += 1
        say("seed \(seed): \(invariant): \(text)\n  replay: scripts/simulate --seed \(seed) --verbose")
    }

    mutating func add(_ other: Totals) {
        seeds += other.seeds
        failures += other.failures
        steps += other.steps
        milliseconds += other.milliseconds
        faults.merge(other.faults, uniquingKeysWith: +)
        states.merge(other.states, uniquingKeysWith: +)
        if !other.digest.isEmpty { digest = other.digest }
    }

    func report(wall: Duration, isOne: Bool) {
        let seconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18
        say("")
        if isOne { say("digest:      \(digest)") }
        say("seeds:       \(seeds) (\(Self.short(Double(seeds) / max(seconds, 0.001))) per second)")
        say("steps:       \(steps)")
        say("node-hours:  \(Self.short(Double(milliseconds) / 3_600_000)) simulated")
        say("wall time:   \(Self.short(seconds)) s")
        list("faults", faults)
        list("states", states)
        if !isOne {
            let missing =
                Coverage.faults.subtracting(faults.keys).sorted() + Coverage.states.subtracting(states.keys).sorted()
            say("not reached: \(missing.count)")
            for name in missing { say("            \(name)") }
        }
        say(failures == 0 ? "every invariant held" : "FAILURES: \(failures)")
    }

    private func list(_ title: String, _ counts: [String: Int]) {
        say("\(title):      \(counts.values.reduce(0, +)) of \(counts.count) kinds")
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
            let number = String(count)
            say(String(repeating: " ", count: max(0, 10 - number.count)) + number + "  " + name)
        }
    }

    private static func short(_ value: Double) -> String { String((value * 10).rounded() / 10) }
    private func say(_ line: String) { StandardStream.output.write(line + "\n") }
}
