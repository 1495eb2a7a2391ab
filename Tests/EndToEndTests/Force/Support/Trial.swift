import Foundation
import QuloudCore
import QuloudTestKit
import Testing

/// Real processes that are killed, stopped, replaced and lied to. One test at a time, for each keeps the machine busy.
@Suite(.serialized) enum ForceOnProcesses {}

/// Real processes whose disks and messages are starved, failing and falsified. One test at a time as well.
@Suite(.serialized) enum ForceOnData {}

/// One run of a force test: all that it chooses follows from the seed.
struct Trial: Sendable {
    /// More rounds and longer pauses: for `scripts/force`.
    static let isLong = ProcessInfo.processInfo.environment["QULOUD_FORCE"] == "long"

    /// In the short form the first two stand for all.
    static func some<Value>(_ values: [Value]) -> [Value] { isLong ? values : Array(values.prefix(2)) }

    let seed: UInt64
    let entropy: SeededEntropy

    /// Runs a test; what fails names the seed that repeats its choices.
    static func run(_ body: (Trial) async throws -> Void) async throws {
        let given = ProcessInfo.processInfo.environment["QULOUD_FORCE_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 1...999_999)
        print("\(Test.current?.name ?? "force"): seed \(seed)")
        do {
            try await body(Trial(seed: seed, entropy: SeededEntropy(seed: seed)))
        } catch {
            throw Failure("\(error)\nTo repeat its choices: QULOUD_FORCE_SEED=\(seed)")
        }
    }

    func rounds(_ short: Int, long: Int) -> Int { Self.isLong ? long : short }

    func number(below limit: Int) -> Int { Int(entropy.uint64() % UInt64(max(1, limit))) }

    func pick<Value>(_ values: [Value]) throws -> Value {
        guard !values.isEmpty else { throw Failure("nothing to pick from") }
        return values[number(below: values.count)]
    }

    /// Lets others work for a random time.
    func pause(upTo limit: Duration) async throws {
        try await Task.sleep(for: limit * (entropy.unit()))
    }
}

/// Ends a test that has gone wrong: what follows would only confuse.
func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Failure(what()) }
}
