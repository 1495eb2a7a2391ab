import Synchronization
import Testing

@testable import QuloudDaemon
@testable import quloud

@Suite struct EventReporterTests {
    /// What is written to standard error for a warning and an information.
    private func written(_ options: GlobalOptions) -> [String] {
        let written = Mutex<[String]>([])
        let output = Output(options) { _ in
        } error: { text in
            written.withLock { $0.append(text) }
        }
        let reporter = EventReporter(output)
        reporter.show(.progress(ProgressReport(phase: .backup)))
        reporter.show(.note(NoteReport(isWarning: true, subject: "s", text: "bad")))
        reporter.show(.note(NoteReport(isWarning: false, subject: "s", text: "fine")))
        reporter.finish()
        return written.withLock { $0 }
    }

    @Test func warningsAreShownUnlessQuietAndTheRestWhenVerbose() {
        #expect(written(GlobalOptions(quiet: true)) == [])
        #expect(written(GlobalOptions(json: true, quiet: true)) == [])
        let json = [
            #"{"event":"note","warning":true,"subject":"s","text":"bad"}"#,
            #"{"event":"note","warning":false,"subject":"s","text":"fine"}"#,
        ]
        #expect(written(GlobalOptions(json: true)) == [json[0] + "\n"])
        #expect(written(GlobalOptions(json: true, verbosity: 1)) == json.map { $0 + "\n" })
    }

    @Test func entriesGoToTheCommand() {
        let got = Mutex(0)
        let reporter = EventReporter(Output(GlobalOptions(quiet: true))) { part in got.withLock { $0 += part.count } }
        let entry = EntryReport(kind: .file, path: "a", mode: 0, user: 0, group: 0, size: 0, modified: 0)
        reporter.show(.entries([entry, entry]))
        reporter.show(.entries([entry]))
        #expect(got.withLock { $0 } == 3)
    }

    @Test func progressSaysWhatIsKnown() {
        func text(_ phase: ProgressReport.Phase, _ change: (inout ProgressReport) -> Void) -> String {
            with(ProgressReport(phase: phase), change).text(elapsed: .seconds(10))
        }
        #expect(
            text(.backup) {
                $0.items = 1204
                $0.bytes = 1 << 30
            } == "1.00 GiB, 102 MiB/s, 1,204 files")
        #expect(
            text(.backup) {
                $0.bytes = 1 << 30
                $0.totalBytes = 4 << 30
                $0.items = 1
                $0.replicasConfirmed = 7
                $0.replicasWanted = 1200
                $0.problems = 2
            }
                == "1.00 GiB of 4.00 GiB (25.0 %), 102 MiB/s, 30 s left, 1 file, 7 of 1,200 replicas confirmed, 2 problems"
        )
        #expect(
            text(.restore) {
                $0.bytes = 1 << 30
                $0.totalBytes = 4 << 30
                $0.items = 12
                $0.totalItems = 340
            } == "1.00 GiB of 4.00 GiB (25.0 %), 102 MiB/s, 30 s left, 12 of 340 files")
        #expect(
            text(.audit) {
                $0.items = 100
                $0.totalItems = 400
                $0.bytes = 1 << 20
            } == "100 of 400 replicas answered, 1.00 MiB proved, 30 s left")
        #expect(
            text(.heal) {
                $0.items = 3
                $0.replicasConfirmed = 1
            } == "3 chunks, 1 replica placed")
    }
}
