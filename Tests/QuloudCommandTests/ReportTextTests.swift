import Testing

@testable import QuloudDaemon
@testable import quloud

@Suite struct ReportTextTests {
    @Test func aBackupTellsWhatWasReadAndWhereItLies() {
        #expect(
            Samples.backup.text == """
                snapshot  3f9c0a1b2c3d
                read      1,234 files in 56 folders, 3.00 GiB in 10 s (102 MiB/s); 1,100 unchanged
                chunks    412 new (300 MiB sealed), 2,100 known
                holders   new chunks on 3 of 3, 1,236 receipts, catalog head on 5

                """)
        let nothingNew = with(Samples.backup) {
            $0.newChunks = 0
            $0.newSealedBytes = 0
            $0.readBytes = 0
            $0.replicasConfirmed = 0
            $0.seconds = .nan
        }
        #expect(
            nothingNew.text.hasSuffix(
                """
                3.00 GiB in 0 ms; 1,100 unchanged
                chunks    0 new (0 B sealed), 2,100 known
                holders   0 receipts, catalog head on 5

                """))
    }

    @Test func aRestoreTellsWhatIsWhere() {
        #expect(
            Samples.restore.text
                == "restored 1 file, 10.0 MiB, from snapshot 3f9c0a1b2c3d into /srv/r in 2.0 s (5.00 MiB/s)")
    }

    @Test func anAuditNamesWhatIsLostAndSuspect() {
        let report = with(Samples.audit) {
            $0.valid = 3598
            $0.lost = [Samples.replica("the node's proof was wrong", label: "nas\u{1B}")]
            $0.suspect = [Samples.replica("silent, challenged once")]
            $0.detection = 0.9902
        }
        #expect(
            report.text == """
                challenged 3,600 replicas: 3,598 valid, 0 undecided, 1 suspect, 1 lost
                proved 12.0 GiB in 30 s; reference copies: 10 from own files, 2 from holders
                a holder that lost 1 % of its replicas is caught by such a sample in 99.0 % of cases

                state    chunk         node          label      reason
                lost     3f9c0a1b2c3d  8b1f00112233  nas\\u{1b}  the node's proof was wrong
                suspect  3f9c0a1b2c3d  8b1f00112233             silent, challenged once

                """)
        #expect(with(Samples.audit) { $0.challenged = 0 }.text == "no replica to challenge")
    }

    @Test func healingNamesWhatIsGone() {
        #expect(Samples.heal.text == "healed 14 of 14 chunks: 15 replicas placed in 3.0 s")
        let gone = with(Samples.heal) {
            $0.healed = 13
            $0.unrecoverable = [Samples.id]
            $0.lostPaths = ["/home/a\nb"]
        }
        #expect(
            gone.text == """
                healed 13 of 14 chunks: 15 replicas placed in 3.0 s
                gone: chunk 3f9c0a1b2c3d
                gone: /home/a\\u{a}b
                """)
        #expect(with(Samples.heal) { $0.chunks = 0 }.text == "nothing to heal: every chunk has its quorum")
    }

    @Test func snapshotsAreATable() {
        let one = SnapshotReport(
            id: Samples.id, createdAt: Samples.now, label: "before the move", host: "ada", roots: ["/a", "/b"],
            files: 1234, directories: 5, bytes: 3 << 30, problems: 0)
        let two = with(one) {
            $0.label = ""
            $0.problems = 7
        }
        #expect(
            [one, two].text(TimeText(now: Samples.now, isUTC: true)) == """
                snapshot      time              host  files      size  problems  label            folders
                3f9c0a1b2c3d  2023-11-14 22:13  ada   1,234  3.00 GiB         –  before the move  /a, /b
                3f9c0a1b2c3d  2023-11-14 22:13  ada   1,234  3.00 GiB         7                   /a, /b

                """)
    }

    @Test func recoveryTellsWhatCameBack() {
        let report = RecoverReport(
            headSequence: 12, snapshots: 5, chunks: 1234, missingChunks: 0, replicas: 3702, seconds: 4, listLost: false)
        #expect(report.text == "recovered head 12: 5 snapshots, 1,234 chunks, 3,702 replicas in 4.0 s")
        #expect(report.shortfall == nil)
        #expect(with(report) { $0.listLost = true }.shortfall?.code == .partly)
        #expect(with(report) { $0.missingChunks = 1 }.shortfall?.messages == ["1 chunk is on no holder that answered"])
    }

    @Test func findingsAreAlignedAndCarryTheirHints() {
        let findings = [
            DoctorFinding(.good, "keys", "mode 0600"),
            DoctorFinding(.warning, "disk", "2 % left", hint: "make room"),
            DoctorFinding(.bad, "broker", "no JetStream", hint: "enable it"),
        ]
        #expect(
            findings.text == """
                ok       keys    mode 0600
                warning  disk    2 % left
                         hint: make room
                problem  broker  no JetStream
                         hint: enable it

                """)
        #expect(findings.failure?.code == .failed)
        #expect(findings.failure?.messages == ["1 problem found"])
        #expect([DoctorFinding](findings.prefix(2)).failure == nil)
    }
}
