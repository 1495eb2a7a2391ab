import Testing

@testable import QuloudDaemon
@testable import quloud

@Suite struct ExitCodeTests {
    @Test func everyKindOfFailureHasItsExitCode() {
        let kinds: [(OperationFailure.Kind, ExitCode)] = [
            (.failed, .failed), (.usage, .usage), (.partly, .partly), (.auditFoundLoss, .auditFoundLoss),
            (.noSuchStore, .notFound), (.locked, .locked), (.wrongKey, .wrongKey),
            (.fabricUnreachable, .fabricUnreachable), (.interrupted, .interrupted),
        ]
        for (kind, code) in kinds {
            #expect(
                Failure(OperationFailure(kind, "what", hint: "do")) == Failure(code, "what", hint: "do"))
        }
        #expect(Failure(OperationFailure(.locked, "what", hint: "")).hint == nil)
        #expect(Failure(CancellationError()).code == .interrupted)
    }

    @Test func aWholeBackupIsDone() {
        #expect(Samples.backup.shortfall == nil)
        // Of another snapshot: the verdict of status, not of this backup.
        #expect(with(Samples.backup) { $0.chunksBelowQuorum = 1 }.shortfall == nil)
    }

    @Test func aBackupBelowItsQuorumIsPartlyDone() {
        let below = with(Samples.backup) {
            $0.isProtected = false
            $0.fewestReplicas = 2
            $0.chunksBelowQuorum = 1412
        }
        #expect(below.shortfall?.code == .partly)
        #expect(
            below.shortfall?.messages == [
                "2 of 3: 1,412 chunks are below the quorum of 3; they are completed when another holder joins"
            ])
        let old = with(below) {
            $0.fewestReplicas = 3
            $0.chunksBelowQuorum = 1
        }
        #expect(old.shortfall?.messages == ["1 chunk is below the quorum of 3, left from earlier"])
        let headless = with(old) {
            $0.chunksBelowQuorum = 0
            $0.headCopies = 0
        }
        #expect(headless.shortfall?.messages.first?.hasPrefix("no holder keeps the new head") == true)
    }

    @Test func unreadableFilesMakeABackupPartlyDone() {
        let report = with(Samples.backup) { $0.problems = 2 }
        #expect(
            report.shortfall
                == Failure(
                    .partly, "2 files or folders could not be read",
                    hint: "the warnings name them; everything else is backed up"))
        let both = with(report) { $0.isProtected = false }
        #expect(both.shortfall?.messages.count == 2)
    }

    @Test func aRestoreWithProblemsIsPartlyDone() {
        #expect(Samples.restore.shortfall == nil)
        #expect(with(Samples.restore) { $0.problems = 1 }.shortfall?.code == .partly)
    }

    @Test func onlyLossFailsAnAudit() {
        #expect(Samples.audit.loss == nil)
        #expect(with(Samples.audit) { $0.suspect = [Samples.replica("silent")] }.loss == nil)
        let loss = with(Samples.audit) { $0.lost = [Samples.replica("gone")] }.loss
        #expect(loss == Failure(.auditFoundLoss, "1 replica is lost", hint: "run \"quloud heal\" to replace it"))
    }

    @Test func whatCannotBeHealedIsPartlyDone() {
        #expect(Samples.heal.shortfall == nil)
        let below = with(Samples.heal) { $0.stillBelow = 2 }.shortfall
        #expect(below?.code == .partly)
        #expect(below?.messages == ["2 chunks are still below the quorum: too few willing holders"])
        let gone = with(Samples.heal) {
            $0.unrecoverable = [Samples.id]
            $0.lostPaths = ["/a", "/b"]
        }.shortfall
        #expect(gone?.messages == ["1 chunk has no copy left to heal from, 2 paths affected"])
        #expect(gone?.hint?.contains("back those paths up again") == true)
    }
}
