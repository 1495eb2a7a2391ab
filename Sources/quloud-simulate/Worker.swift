import Glibc
import QuloudSimulation
import QuloudSystem

/// The process that simulates: seeds `first`, `first + stride`, … Speaks in lines.
///
///     begin SEED
///     end SEED STEPS DIGEST MILLISECONDS
///     violation SEED INVARIANT TEXT
///     fault COUNT KIND
///     state COUNT NAME
enum Worker {
    static func run(_ arguments: [String]) -> Int32 {
        let numbers = arguments.compactMap { UInt64($0) }
        let until = arguments.count > 5 ? arguments[5] : nil
        guard numbers.count == 5, Simulation.prepare() else { return 70 }
        let (first, stride, count, seconds) = (numbers[0], numbers[1], numbers[2], numbers[3])
        raiseDescriptorLimit()
        let tally = Tally()
        var descriptors = openDescriptors()
        let start = ContinuousClock.now
        var seed = first
        var done: UInt64 = 0
        while done < count, seconds == 0 || ContinuousClock.now - start < .seconds(Int64(seconds)) {
            say("begin \(seed)")
            let outcome = Simulation.run(seed, tally: tally, isVerbose: numbers[4] == 1)
            if let violation = outcome.violation {
                say("violation \(seed) \(violation.invariant) \(violation.text)")
            }
            // A world that broke a promise is left as it is, for its seed to be looked at.
            let left = openDescriptors() - descriptors
            if left > 0, outcome.violation == nil {
                say("violation \(seed) terminates \(left) descriptors are left open")
            }
            descriptors += max(0, left)
            let components = outcome.nodeTime.components
            let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
            say("end \(seed) \(outcome.steps) \(String(outcome.digest, radix: 16)) \(milliseconds)")
            seed += stride
            done += 1
            if let until, outcome.violation?.invariant == until { break }
        }
        for (kind, count) in tally.faults { say("fault \(count) \(kind)") }
        for (name, count) in tally.states { say("state \(count) \(name)") }
        return 0
    }

    /// Every open blob store takes 258.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func openDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    private static func say(_ line: String) { StandardStream.output.write("@ \(line)\n") }
}
