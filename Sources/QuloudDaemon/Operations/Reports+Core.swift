import QuloudCore
import QuloudCrypto

/// From the core's results to reports.
extension OperationEvent {
    init(_ activity: Activity) {
        switch activity {
        case .backup(let backup):
            var report = ProgressReport(phase: .backup)
            report.items = backup.files
            report.bytes = backup.bytes
            report.replicasConfirmed = backup.replicasConfirmed
            report.replicasWanted = backup.replicasWanted
            report.problems = backup.problems
            self = .progress(report)
        case .restore(let restore):
            var report = ProgressReport(phase: .restore)
            report.items = restore.files
            report.totalItems = restore.totalFiles
            report.bytes = restore.bytes
            report.totalBytes = restore.totalBytes
            report.problems = restore.problems
            self = .progress(report)
        case .audit(let audit):
            var report = ProgressReport(phase: .audit)
            report.items = audit.answered
            report.totalItems = audit.total
            report.bytes = audit.bytes
            self = .progress(report)
        case .heal(let heal):
            var report = ProgressReport(phase: .heal)
            report.items = heal.chunks
            report.replicasConfirmed = heal.replicasPlaced
            self = .progress(report)
        case .note(let note):
            self = .note(NoteReport(isWarning: note.severity == .warning, subject: note.subject, text: note.text))
        }
    }
}

extension BackupReport {
    init(_ result: BackupResult, summary: CatalogSummary, quorum: Int, took: Duration) {
        let progress = result.progress
        self.init(
            snapshot: result.snapshot.id.description, files: progress.files, directories: progress.directories,
            unchangedFiles: progress.unchangedFiles, bytes: progress.bytes, readBytes: progress.readBytes,
            newChunks: progress.newChunks, knownChunks: progress.knownChunks,
            newSealedBytes: progress.newSealedBytes, problems: progress.problems, quorum: quorum,
            fewestReplicas: result.placement.fewest ?? quorum, replicasConfirmed: result.placement.replicas,
            chunksBelowQuorum: summary.chunksBelowQuorum, headCopies: result.headCopies,
            isProtected: result.isProtected, seconds: took.inSeconds)
    }
}

extension SnapshotReport {
    init(_ snapshot: Snapshot) {
        self.init(
            id: snapshot.id.description, createdAt: snapshot.createdAt.milliseconds, label: snapshot.label,
            host: snapshot.host,
            roots: snapshot.roots.map { String(decoding: snapshot.base, as: UTF8.self) + "/" + $0.description },
            files: snapshot.files, directories: snapshot.directories, bytes: snapshot.bytes,
            problems: snapshot.problems)
    }
}

extension EntryReport {
    init?(_ record: ManifestRecord) {
        switch record {
        case .directory(let path, let attributes):
            self.init(.directory, path, attributes, size: 0, target: nil)
        case .file(let path, let attributes, let size, _): self.init(.file, path, attributes, size: size, target: nil)
        case .symlink(let path, let attributes, let target):
            self.init(.symlink, path, attributes, size: 0, target: String(decoding: target, as: UTF8.self))
        case .hardLink(let path, let original):
            self.init(
                kind: .hardLink, path: path.description, mode: 0, user: 0, group: 0, size: 0, modified: 0,
                target: original.description)
        case .more: return nil
        }
    }

    private init(_ kind: Kind, _ path: TreePath, _ attributes: EntryAttributes, size: Int64, target: String?) {
        let seconds = Timestamp(seconds: attributes.modifiedSeconds)
        self.init(
            kind: kind, path: path.description, mode: Int(attributes.mode), user: Int(attributes.user),
            group: Int(attributes.group), size: size,
            modified: seconds.advanced(by: .nanoseconds(Int64(attributes.modifiedNanoseconds))).milliseconds,
            target: target)
    }
}

extension ReplicaReport {
    init(_ finding: AuditResult.Finding, label: String) {
        let reason =
            switch finding.state {
            case .valid: "valid"
            case .released: "released"
            case .suspect(_, let tries): "silent, challenged \(tries == 1 ? "once" : "\(tries) times")"
            case .lost(.admitted, _): "the node says that it no longer has it"
            case .lost(.damaged, _): "the node says that its copy is damaged"
            case .lost(.refuted, _): "the node's proof was wrong"
            case .lost(.silent, _): "the node did not answer for the whole grace period"
            case .lost(.expired, _): "the lease ended and could not be renewed"
            }
        self.init(chunk: finding.chunk.description, node: finding.node.description, label: label, reason: reason)
    }
}

extension OwnerStatus {
    init(
        summary: CatalogSummary, snapshots: [Snapshot], audit: AuditNote?, next: Timestamp?, quorum: Int,
        historyProblem: String?
    ) {
        self.init(
            quorum: quorum, historyProblem: historyProblem, snapshots: snapshots.count,
            lastSnapshotAt: snapshots.last?.createdAt.milliseconds,
            chunks: summary.chunks, sealedBytes: summary.sealedBytes, valid: summary.replicas.valid,
            suspect: summary.replicas.suspect, lost: summary.replicas.lost, pending: summary.pendingReplicas,
            chunksBelowQuorum: summary.chunksBelowQuorum, chunksWithoutReplica: summary.chunksWithoutReplica,
            lastAudit: audit.map {
                Audit(
                    finishedAt: $0.finishedAt.milliseconds, challenged: $0.challenged, valid: $0.valid,
                    suspect: $0.suspect, lost: $0.lost)
            }, nextAudit: next?.milliseconds,
            holders: summary.byNode.map {
                Holder(
                    node: $0.node.id.description, label: $0.node.label, lastSeen: $0.node.lastSeen.milliseconds,
                    valid: $0.replicas.valid, suspect: $0.replicas.suspect, lost: $0.replicas.lost,
                    sealedBytes: $0.sealedBytes, oldestProof: $0.oldestProof?.milliseconds)
            })
    }
}
