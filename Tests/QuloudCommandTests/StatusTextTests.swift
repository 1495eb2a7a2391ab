import Testing

@testable import QuloudDaemon
@testable import quloud

@Suite struct StatusTextTests {
    private let time = TimeText(now: Samples.now, isUTC: true)

    @Test func anOwnerSeesFirstWhetherAllIsSafe() {
        let report = StatusReport(
            node: Samples.other, dataDirectory: "/d", isRunning: true, owner: Samples.owner, holder: Samples.holder)
        #expect(
            report.text(time) == """
                all 1,234 chunks are on 3 holders

                snapshots   12, the last 3 h ago
                chunks      1,234, 4.00 GiB sealed
                replicas    3,702 valid, 0 suspect, 0 lost, 0 pending
                last audit  2 h ago: 460 challenged, 458 valid, 1 suspect, 1 lost
                next audit  in 22 h

                holder        label  last seen  valid  suspect  lost      size  oldest proof
                8b1f00112233  nas    2 min ago  1,234        0     0  4.00 GiB  3 d ago
                3f9c0a1b2c3d         now            0        2     1       0 B  never

                for others  1,024 chunks, 3.00 GiB, 12 more in the trash
                room left   97.0 GiB of 100 GiB
                damage      none
                dropped     3 malformed, 1 expired, 1 replayed

                node  8b1f00112233, running, data in /d

                """)
    }

    @Test func aHolderAloneSeesOnlyWhatItKeeps() {
        let holder = with(Samples.holder) {
            $0.dropped = [:]
            $0.trashedChunks = 0
            $0.damagedChunks = 1
        }
        let report = StatusReport(
            node: Samples.other, dataDirectory: "/d", isRunning: false, owner: nil, holder: holder)
        #expect(
            report.text(time) == """
                for others  1,024 chunks, 3.00 GiB
                room left   97.0 GiB of 100 GiB
                damage      1 chunk

                node  8b1f00112233, not running, data in /d

                """)
    }

    @Test func theVerdictIsTheWorstThatIsTrue() {
        var owner = Samples.owner
        owner.suspect = 1
        #expect(
            owner.verdict == "all 1,234 chunks are on 3 holders, but 1 replica is suspect: run quloud audit")
        owner.chunksBelowQuorum = 37
        #expect(owner.verdict == "37 chunks have fewer than 3 holders: run quloud heal")
        owner.chunksWithoutReplica = 1
        #expect(owner.verdict == "1 chunk is on no holder: run quloud heal")
        owner.chunks = 0
        #expect(owner.verdict == "nothing is backed up yet: run quloud backup FOLDER")
        #expect(
            with(Samples.owner) {
                $0.quorum = 1
                $0.chunks = 1
            }.verdict == "the only chunk is on 1 holder")
    }

    @Test func auditsThatNeverWereOrAreDueAreSaidToBe() {
        let owner = with(Samples.owner) {
            $0.lastAudit = nil
            $0.nextAudit = Samples.now
            $0.lastSnapshotAt = nil
        }
        let lines = owner.facts(time).text.split(separator: "\n")
        #expect(lines[0] == "snapshots   12")
        #expect(lines[3...] == ["last audit  never", "next audit  due now"])
    }
}
