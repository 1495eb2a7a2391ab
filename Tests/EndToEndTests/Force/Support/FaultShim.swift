import Foundation
import QuloudSystem

/// The library that makes a process's file calls fail, built for the tests that need it.
enum FaultShim {
    private static let script: String = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        return tests + "/../../../../scripts/lib/fault-shim.sh"
    }()

    /// The environment under which a process meets the faults of a plan.
    static func settings(plan: String, in folder: String) async throws -> [String: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let built = try await CapturedRun.run("/usr/bin/env", ["PATH=" + path, "bash", script, folder])
        try require(built.exit == .code(0), "cannot build the shim: \(built.output)")
        return ["LD_PRELOAD": folder + "/fault-shim.so", "QULOUD_FAULTS": plan, "QULOUD_FAULT_LOG": folder + "/faults"]
    }

    /// How many calls failed.
    static func count(in folder: String) -> Int {
        ((try? String(contentsOfFile: folder + "/faults", encoding: .utf8)) ?? "").split(separator: "\n").count
    }
}
