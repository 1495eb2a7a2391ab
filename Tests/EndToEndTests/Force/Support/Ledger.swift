import Foundation
import QuloudCore
import QuloudDaemon
import QuloudSystem
import QuloudTestKit

/// The folder that is backed up, and what every snapshot that was reported as protected must give back.
final class Ledger {
    let documents: Documents
    private let trial: Trial
    private let scratch: String
    private(set) var promised: [(snapshot: String, content: [String: String])] = []
    private var changes = 0
    private var restores = 0

    init(_ trial: Trial, in folder: TestFolder, megabytes: Int = 3) throws {
        self.trial = trial
        scratch = folder.path
        documents = try Documents(at: folder.path + "/documents", megabytes: megabytes, seed: trial.seed)
    }

    /// New files, changed ones, one that is gone.
    func change(bytes: Int = 2 << 20) throws {
        changes += 1
        try documents.write("new \(changes)", trial.entropy.bytes(bytes / 2))
        try documents.write("changing", trial.entropy.bytes(bytes / 2))
        for _ in 0..<3 { try documents.write("many/\(trial.number(below: 100))", trial.entropy.bytes(2000)) }
        try? FileManager.default.removeItem(atPath: documents.path + "/new \(changes - 3)")
    }

    /// Starts a backup through the daemon, or without it.
    func begin(_ owner: Node) async throws -> Running { try await owner.begin("backup", documents.path, "--json") }

    /// Takes a backup's word: what it calls protected is put down.
    @discardableResult
    func note(_ outcome: Outcome) throws -> BackupReport? {
        try require(!outcome.wasTrapped, "a backup crashed: \(outcome)")
        guard let report: BackupReport = try? outcome.object(), report.isProtected else { return nil }
        promised.append((report.snapshot, try description(of: documents.path)))
        return report
    }

    /// A backup that has to succeed.
    func backUp(_ owner: Node) async throws {
        let outcome = try await begin(owner).outcome()
        try require(outcome.exit == .code(0), "\(outcome)")
        guard try note(outcome) != nil else { throw Failure("not protected: \(outcome)") }
    }

    /// Everything that was promised is there: nothing is lost, and every snapshot comes back byte for byte.
    func checkAll(_ owner: Node) async throws {
        let heal = try await owner.run("heal", "--json")
        try require(heal.exit == .code(0), "\(heal)")
        let audit = try await owner.run("audit", "--all", "--json")
        try require(audit.exit == .code(0), "\(audit)")
        let report: AuditReport = try audit.object()
        try require(report.lost.isEmpty && report.suspect.isEmpty && report.valid > 0, "\(audit)")
        for (snapshot, content) in promised { try await checkRestore(snapshot, content, owner) }
    }

    /// The newest promised snapshot comes back byte for byte.
    func checkNewest(_ owner: Node) async throws {
        guard let (snapshot, content) = promised.last else { throw Failure("no snapshot was promised") }
        try await checkRestore(snapshot, content, owner)
    }

    private func checkRestore(_ snapshot: String, _ content: [String: String], _ owner: Node) async throws {
        restores += 1
        let target = "\(scratch)/restored \(restores)"
        let outcome = try await owner.run("restore", snapshot, "--to", target, "--json")
        try require(outcome.exit == .code(0), "\(outcome)")
        try require(description(of: target + "/documents") == content, "snapshot \(snapshot) came back otherwise")
        try FileManager.default.removeItem(atPath: target)
    }
}

extension Outcome {
    /// It ended by a signal that nobody sent: a trap, an abort, a bad access.
    var wasTrapped: Bool {
        if case .signal(let signal) = exit { return signal != SIGKILL && signal != SIGTERM }
        return false
    }
}

extension Node {
    /// The daemon runs, and has not ended by itself.
    var isAlive: Bool { process.map { $0.exit == nil } ?? false }

    /// Pulls the plug and puts it back in.
    func killAndStart() async throws {
        await stop(SIGKILL)
        try await start()
    }
}
