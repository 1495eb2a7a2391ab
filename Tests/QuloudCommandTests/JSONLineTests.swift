import FoundationEssentials
import Testing

@testable import QuloudDaemon
@testable import quloud

@Suite struct JSONLineTests {
    private func parsed<Value: Codable & Equatable>(_ value: Value) throws -> Value {
        let line = JSONLine.text(value)
        #expect(!line.contains("\n"))
        #expect(line.hasPrefix("{"))
        return try JSONDecoder().decode(Value.self, from: Data(line.utf8))
    }

    @Test func everyReportParsesBack() throws {
        #expect(try parsed(Samples.backup) == Samples.backup)
        #expect(try parsed(Samples.restore) == Samples.restore)
        let audit = with(Samples.audit) { $0.lost = [Samples.replica("line\nbreak \u{2028}")] }
        #expect(try parsed(audit) == audit)
        #expect(try parsed(Samples.heal) == Samples.heal)
        let status = StatusReport(
            node: Samples.id, dataDirectory: "/d", isRunning: true, owner: Samples.owner, holder: Samples.holder)
        #expect(try parsed(status) == status)
        let finding = DoctorFinding(.bad, "keys", "mode", hint: "chmod")
        #expect(try parsed(finding) == finding)
    }

    @Test func fieldsAreSortedAndSlashesPlain() {
        #expect(
            JSONLine.text(Samples.restore)
                == #"{"bytes":10485760,"files":1,"problems":0,"seconds":2,"snapshot":"\#(Samples.id)","target":"/srv/r"}"#
        )
        let node = NewNode(configuration: "/c", dataDirectory: "/d", words: ["a", "b"])
        #expect(JSONLine.text(node) == #"{"configuration":"/c","dataDirectory":"/d","words":["a","b"]}"#)
    }

    @Test func notesParseBackAndTellWhatTheyAre() throws {
        struct Line: Codable, Equatable {
            var event: String
            var warning: Bool
            var subject: String
            var text: String
        }
        let note = NoteReport(isWarning: true, subject: "/a\n\"b\"", text: "vanished")
        let line = try JSONDecoder().decode(Line.self, from: Data(note.json.utf8))
        #expect(line == Line(event: "note", warning: true, subject: "/a\n\"b\"", text: "vanished"))
        #expect(note.line == "warning: /a\\u{a}\"b\": vanished")
        #expect(NoteReport(isWarning: false, subject: "", text: "t").line == "note: t")
    }
}
