import QuloudCore
import QuloudTestKit
import Synchronization

/// Runs seeds, one world after the other, in this process.
package enum Simulation {
    /// What came of a seed.
    package struct Outcome: Sendable {
        package let seed: UInt64
        package let violation: Violation?
        package let steps: Int
        /// Of every step and every message, in order: the same for the same seed.
        package let digest: UInt64
        /// Simulated time, summed over the nodes.
        package let nodeTime: Duration
    }

    /// The names of what must hold.
    package static let invariants = Invariant.allCases.map(\.rawValue)

    /// Takes over the concurrency runtime and libsodium's randomness of this process. False when that is not possible.
    package static func prepare() -> Bool {
        SeededSodium.install() && SeededSQLite.install() && JobHook.install()
    }

    package static func run(_ seed: UInt64, tally: Tally, isVerbose: Bool = false) -> Outcome {
        SeededSodium.seed(seed)
        SeededSQLite.seed(seed)
        let world = World(seed: seed, tally: tally, isVerbose: isVerbose)
        JobHook.current.withLock { $0 = world.scheduler }
        defer { JobHook.current.withLock { $0 = nil } }
        do {
            let story = try Story(world)
            judge(world.scheduler.run { await story.run() }, world)
        } catch {
            world.oracle.violate(.terminates, "no world: \(error)")
        }
        tally.state("weather: \(world.profile.weather)")
        if world.isReal { tally.state("world on real adapters") }
        let uptime = world.scheduler.uptime - world.scheduler.passed
        let (steps, digest) = (world.scheduler.steps, world.scheduler.digest)
        end(world)
        world.release()
        return Outcome(
            seed: seed, violation: world.oracle.violation, steps: steps, digest: digest,
            nodeTime: uptime * (world.profile.holders + 1))
    }

    private static func judge(_ ending: Scheduler.Ending, _ world: World) {
        switch ending {
        case .done, .stopped: return
        case .deadlock: world.oracle.violate(.terminates, "nothing can go on, and \(world.underway) is not done")
        case .livelock: world.oracle.violate(.terminates, "\(world.underway) goes on and on")
        case .realTime: world.oracle.violate(.terminates, "something waits by the real clock")
        }
    }

    /// Everything that was cancelled must come to its end, or the next world would be disturbed.
    private static func end(_ world: World) {
        world.end()
        let ending = world.scheduler.drain(steps: 500_000)
        if world.oracle.violation == nil, ending != .done || world.unfinished > 0 {
            world.oracle.violate(.terminates, "\(world.unfinished) cancelled tasks do not end (\(ending))")
        }
    }
}
