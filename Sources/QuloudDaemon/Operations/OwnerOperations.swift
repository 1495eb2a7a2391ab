import QuloudCore
import QuloudCrypto
import QuloudFiles
import QuloudSystem

/// The owner's operations over real adapters. One that changes something runs at a time.
struct OwnerOperations: Sendable {
    let context: OwnerContext
    let tree: FileSourceTree
    /// Paths that a backup never reads: this node's own data.
    let excluded: [SystemPath]
    let host: String
    let turn = Turnstile()
    let history = HistoryWatch()

    typealias Emit = @Sendable (OperationEvent) -> Void

    // MARK: Backup

    func backup(_ request: BackupRequest, emit: @escaping Emit) async throws -> BackupReport {
        try await turn.taking {
            var paths: [SystemPath] = []
            for path in request.paths {
                do throws(TreeError) {
                    paths.append(try await tree.resolve(Array(path.utf8)))
                } catch {
                    throw RootUnreadable(path: Array(path.utf8), error: error)
                }
            }
            var settings = context.settings
            settings.excludes += request.excludes
            if let cutting = request.chunking.flatMap(Cutting.init(rawValue:)) { settings.cutting = cutting }
            let start = context.time.uptime
            let result = try await history.watching {
                try await Backup(context.with(settings), tree: tree, observer: Self.observer(emit)).run(
                    paths, label: request.label, host: host, excluded: excluded)
            }
            let summary = try await context.catalog.summary()
            return BackupReport(result, summary: summary, quorum: settings.quorum, took: context.time.uptime - start)
        }
    }

    // MARK: Snapshots

    func snapshots() async throws -> [SnapshotReport] {
        try await context.catalog.snapshots().map(SnapshotReport.init)
    }

    /// - Parameter selector: "latest", an id, or the beginning of one.
    func snapshot(_ selector: String) async throws -> Snapshot {
        let all = try await context.catalog.snapshots()
        guard !all.isEmpty else {
            throw OperationFailure(.noSuchStore, "there is no snapshot yet", hint: "quloud backup FOLDER makes one")
        }
        if selector == "latest", let last = all.last { return last }
        let matching = all.filter { $0.id.description.hasPrefix(selector.lowercased()) }
        guard let found = matching.first, !selector.isEmpty else {
            throw OperationFailure(
                .noSuchStore, "there is no snapshot \(selector)", hint: "quloud snapshots lists them")
        }
        guard matching.count == 1 else {
            throw OperationFailure(
                .noSuchStore, "\(selector) begins the ids of \(matching.count) snapshots", hint: "type more of the id")
        }
        return found
    }

    func list(_ request: ListRequest, emit: @escaping Emit) async throws {
        let snapshot = try await snapshot(request.snapshot)
        let selected = try request.path.map { try Self.treePath($0, in: snapshot) }
        var seen = false
        try await ManifestReader(context).records(of: snapshot) { records in
            let entries = records.compactMap { record -> EntryReport? in
                guard let path = record.path, Self.isListed(record, path, below: selected, of: snapshot) else {
                    return nil
                }
                return EntryReport(record)
            }
            if !entries.isEmpty {
                seen = true
                emit(.entries(entries))
            }
        }
        if !seen, let path = request.path {
            // An empty folder lists nothing; a path that is not there is an error.
            guard try await contains(selected ?? .base, snapshot) else { throw Self.noSuchPath(path, snapshot) }
        }
    }

    /// A folder shows what is directly in it, a file itself; without a path the roots are shown.
    private static func isListed(
        _ record: ManifestRecord, _ path: TreePath, below selected: TreePath?, of snapshot: Snapshot
    ) -> Bool {
        guard let selected else { return snapshot.roots.contains(path) }
        if path == selected, case .directory = record { return false }
        return path == selected || path.parent == selected
    }

    private func contains(_ path: TreePath, _ snapshot: Snapshot) async throws -> Bool {
        var found = path == .base
        try await ManifestReader(context).records(of: snapshot) { records in
            found = found || records.contains { $0.path == path }
        }
        return found
    }

    /// An absolute path below the snapshot's base, or one relative to it.
    static func treePath(_ text: String, in snapshot: Snapshot) throws -> TreePath {
        var bytes = Array(text.utf8)
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        if bytes.first == UInt8(ascii: "/") {
            let base = snapshot.base + [UInt8(ascii: "/")]
            guard bytes.starts(with: base) else { throw noSuchPath(text, snapshot) }
            bytes.removeFirst(base.count)
        }
        guard let path = TreePath(bytes) else { throw noSuchPath(text, snapshot) }
        return path
    }

    private static func noSuchPath(_ path: String, _ snapshot: Snapshot) -> OperationFailure {
        OperationFailure(
            .noSuchStore, "\(path) is not in snapshot \(snapshot.id.short)",
            hint: "quloud ls \(snapshot.id.short) shows its folders")
    }

    // MARK: Restore

    /// In a catalog that fell back, the latest snapshot is not the latest, and one that is missing may well exist. What is
    /// known is restored all the same, and meanwhile it is found out whether that has to be said.
    func restore(_ request: RestoreRequest, emit: @escaping Emit) async throws -> RestoreReport {
        guard let known = try? await snapshot(request.snapshot) else {
            try await compareHistory()
            return try await restore(try await snapshot(request.snapshot), request, emit: emit)
        }
        guard request.snapshot == "latest" else { return try await restore(known, request, emit: emit) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await warnOfNewer(than: known, emit: emit) }
            let report = try await restore(known, request, emit: emit)
            try await group.waitForAll()
            return report
        }
    }

    func compareHistory() async throws {
        try await history.watching { try await HistoryGuard(context).check() }
    }

    private func warnOfNewer(than snapshot: Snapshot, emit: @escaping Emit) async throws {
        do {
            try await compareHistory()
        } catch let error as HistoryError {
            let text = (OperationFailure.explaining(error) as? OperationFailure)?.message ?? "\(error)"
            Self.observer(emit)(.note(Note(.warning, subject: "snapshot \(snapshot.id.short)", text)))
        }
    }

    private func restore(
        _ snapshot: Snapshot, _ request: RestoreRequest, emit: @escaping Emit
    ) async throws -> RestoreReport {
        let select = try request.paths.map { try Self.treePath($0, in: snapshot) }
        for (text, path) in zip(request.paths, select) where !(try await contains(path, snapshot)) {
            throw Self.noSuchPath(text, snapshot)
        }
        let start = context.time.uptime
        let target: FileRestoreTree
        do {
            target = try FileRestoreTree(root: Array(request.target.utf8), overwrite: request.overwrite)
        } catch {
            throw OperationFailure(
                .failed, "cannot restore into \(request.target): \(error.description)",
                hint: "name a folder you can write to")
        }
        let done: RestoreProgress
        do {
            done = try await Restore(context, target: target, observer: Self.observer(emit)).run(
                snapshot, select: select)
        } catch let stopped as RestoreStopped {
            throw OperationFailure(
                .failed, "restore stopped at \(request.target)/\(stopped.path): \(stopped.reason)",
                hint: "make room on the disk of \(request.target) and run it again with --overwrite")
        }
        return RestoreReport(
            snapshot: snapshot.id.description, target: request.target, files: done.files, bytes: done.bytes,
            problems: done.problems, seconds: (context.time.uptime - start).inSeconds)
    }

    // MARK: Audit and heal

    func audit(_ request: AuditRequest, emit: @escaping Emit) async throws -> AuditReport {
        try await turn.taking {
            var node: NodeID?
            if let prefix = request.node { node = try await self.node(prefix) }
            let scope: Audit.Scope = request.sample.map { .sample($0) } ?? .all(on: node)
            let start = context.time.uptime
            let chunk = request.chunk.map { $0.lowercased() }
            let result = try await Audit(context, tree: tree, observer: Self.observer(emit)).run(
                scope, only: { chunk == nil || $0.description.hasPrefix(chunk ?? "") })
            return try await report(
                result, sample: request.sample, took: context.time.uptime - start)
        }
    }

    private func node(_ prefix: String) async throws -> NodeID {
        let matching = try await context.catalog.nodes().map(\.id).filter {
            $0.description.hasPrefix(prefix.lowercased())
        }
        guard let node = matching.first, matching.count == 1 else {
            throw OperationFailure(
                .failed,
                matching.isEmpty ? "no holder's id begins with \(prefix)" : "\(prefix) begins several holders' ids",
                hint: "quloud status lists the holders")
        }
        return node
    }

    private func report(_ result: AuditResult, sample: Int?, took: Duration) async throws -> AuditReport {
        let labels = Dictionary(
            try await context.catalog.nodes().map { ($0.id, $0.label) }, uniquingKeysWith: { $1 })
        func lines(_ findings: [AuditResult.Finding]) -> [ReplicaReport] {
            findings.map { ReplicaReport($0, label: labels[$0.node] ?? "") }
        }
        return AuditReport(
            challenged: result.challenged, valid: result.valid, undecided: result.undecided,
            suspect: lines(result.suspect), lost: lines(result.lost), fromSource: result.fromSource,
            fromReplicas: result.fromReplicas, provenBytes: result.provenBytes,
            detection: sample.map { AuditSchedule.detection(sample: $0, lostFraction: 0.01) }, seconds: took.inSeconds)
    }

    func heal(emit: @escaping Emit) async throws -> HealReport {
        try await turn.taking {
            let start = context.time.uptime
            let result = try await heal(observer: Self.observer(emit))
            let paths = try await DamageReport(context).paths(of: Set(result.unrecoverable))
            return HealReport(
                chunks: result.chunks, healed: result.healed, replicasPlaced: result.replicasPlaced,
                stillBelow: result.stillBelow, unrecoverable: result.unrecoverable.map(\.description),
                lostPaths: paths, seconds: (context.time.uptime - start).inSeconds)
        }
    }

    /// Not to be run beside other changes.
    func heal(observer: @escaping Observer) async throws -> HealResult {
        try await history.watching { try await Heal(context, tree: tree, observer: observer).run() }
    }

    func status() async throws -> OwnerStatus {
        OwnerStatus(
            summary: try await context.catalog.summary(), snapshots: try await context.catalog.snapshots(),
            audit: try await context.catalog.lastAudit(), next: try await context.catalog.nextAuditDue(),
            quorum: context.settings.quorum, historyProblem: history.problem)
    }

    static func observer(_ emit: @escaping Emit) -> Observer {
        { activity in emit(OperationEvent(activity)) }
    }
}

/// Lets one piece of work through at a time, in order of arrival.
actor Turnstile {
    private var last: Task<Void, Never>?

    nonisolated func taking<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let pass = Pass()
        await enter(pass)
        defer { pass.leave() }
        try Task.checkCancellation()
        return try await work()
    }

    private func enter(_ pass: Pass) async {
        let before = last
        last = Task { await pass.left() }
        await before?.value
    }

    private final class Pass: Sendable {
        private let done = Promise<Bool>()
        func leave() { done.fulfil(.success(true)) }
        func left() async { _ = try? await done.value() }
    }
}
