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

    /// On disks of files, too, and whatever the process ran before.
    @Test(arguments: [2, 4])
    func aSeedOnRealAdaptersReplaysAfterOthers(seed: Int) async throws {
        let alone = try await simulate("--seed", "\(seed)")
        #expect(alone.output.contains("world on real adapters"))
        let digest = alone.output.split(separator: "\n").first { $0.hasPrefix("digest:") }?.split(separator: " ").last
        let together = try await CapturedRun.run(
            "/usr/bin/env", ["SWIFT_DETERMINISTIC_HASHING=1", Self.path, "--worker", "1", "1", "\(seed)", "0", "0"],
            outputMax: 1 << 20)
        let end = together.output.split(separator: "\n").first { $0.hasPrefix("@ end \(seed) ") }
        #expect(digest != nil && end?.split(separator: " ")[4] == digest)
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
