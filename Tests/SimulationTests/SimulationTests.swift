import Foundation
import QuloudSystem
import Testing

/// The built `quloud-simulate`. Seeds that once found something stay in the list.
@Suite struct SimulationTests {
    private static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (bundle as NSString).deletingLastPathComponent + "/quloud-simulate"
    }()

    private func simulate(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
        try await CapturedRun.run(Self.path, arguments, outputMax: 1 << 20)
    }

    /// Fewer where a sanitizer slows everything down.
    private static let seeds = ProcessInfo.processInfo.environment["QULOUD_SIMULATED_SEEDS"] ?? "200"

    @Test func everyInvariantHoldsOverManySeeds() async throws {
        let run = try await simulate("--seeds", Self.seeds)
        #expect(run.exit == .code(0), "\(run.output)")
        #expect(run.output.contains("every invariant held"))
    }

    @Test(arguments: [3, 26, 84])
    func aSeedReplaysExactly(seed: Int) async throws {
        let first = try await simulate("--seed", "\(seed)")
        let second = try await simulate("--seed", "\(seed)")
        let digests = [first, second].map { run in run.output.split(separator: "\n").first { $0.hasPrefix("digest:") } }
        #expect(digests[0] != nil && digests[0] == digests[1])
        let other = try await simulate("--seed", "\(seed + 1)")
        #expect(!other.output.contains(digests[0] ?? "digest"))
    }
}
