import Foundation
import QuloudSystem

/// The library that makes a process's file calls fail, built for the tests that need it.
enum FaultShim {
    private static let script: String = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        return tests + "/../../../../scripts/lib/fault-shim.sh"
    }()

    static let isPossible = ["/usr/bin/cc", "/bin/cc", "/usr/local/bin/cc"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// The environment under which a process meets the faults of a plan.
    static func settings(plan: String, in folder: String) async throws -> [String: String] {
        let built = try await CapturedRun.run("/bin/bash", [script, folder])
        try require(built.exit == .code(0), "cannot build the shim: \(built.output)")
        return ["LD_PRELOAD": folder + "/fault-shim.so", "QULOUD_FAULTS": plan, "QULOUD_FAULT_LOG": folder + "/faults"]
    }

    /// How many calls failed.
    static func count(in folder: String) -> Int {
        ((try? String(contentsOfFile: folder + "/faults", encoding: .utf8)) ?? "").split(separator: "\n").count
    }
}
