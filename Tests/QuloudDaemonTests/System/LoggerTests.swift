import Glibc
import Synchronization
import Testing

@testable import QuloudDaemon
@testable import QuloudSystem

@Suite struct LoggerTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private let lines = Lines()

    private func logger(_ style: Logger.Style, level: Logger.Level = .info) -> Logger {
        Logger(level: level, style: style) { [lines] in lines.add($0) }
    }

    @Test func textLinesQuoteWhatIsNotOneWord() {
        logger(.text(time: false)).info("chunk stored", ["bytes": 12, "name": "a b", "empty": "", "line": "x\ny"])
        #expect(lines.all == ["INFO    chunk stored bytes=12 name=\"a b\" empty=\"\" line=\"x\\ny\"\n"])
    }

    @Test func metadataOfTheParentComesFirst() {
        logger(.text(time: false)).with(["node": "n1"]).with(["lane": 2]).warning("late", ["ms": 3])
        #expect(lines.all == ["WARNING late node=n1 lane=2 ms=3\n"])
    }

    @Test func lessImportantLinesAreNotWrittenNorTheirMetadataMade() {
        var made = 0
        func metadata() -> Logger.Metadata {
            made += 1
            return [:]
        }
        let logger = logger(.text(time: false), level: .warning)
        logger.info("no", metadata())
        logger.error("yes", metadata())
        #expect(lines.all == ["ERROR   yes\n"])
        #expect(made == 1)
    }

    @Test func jsonLinesAreOneObjectWithTimeLevelAndMessage() throws {
        logger(.json).error(
            "it \"broke\"", ["level": "x", "bad": .string(String(decoding: [0xFF, 0x01], as: UTF8.self))])
        let line = try #require(lines.all.first)
        #expect(line.hasPrefix("{\"time\":\"20"))
        let rest = #""level":"error","message":"it \"broke\"","_level":"x","bad":"\#u{FFFD}\u0001"}"#
        #expect(line.hasSuffix(rest + "\n"))
    }

    @Test func timesAreWrittenInUTCWithMilliseconds() {
        #expect(LogLine.time(timespec(tv_sec: 0, tv_nsec: 0)) == "1970-01-01T00:00:00.000Z")
        #expect(LogLine.time(timespec(tv_sec: 1_709_210_096, tv_nsec: 7_999_999)) == "2024-02-29T12:34:56.007Z")
    }

    @Test func theFormatFollowsWhereLinesGo() {
        var log = Configuration.Log()
        let journal = ["JOURNAL_STREAM": "8:1"]
        #expect(log.style(environment: [:], isTerminal: true) == .text(time: true))
        #expect(log.style(environment: [:], isTerminal: false) == .json)
        #expect(log.style(environment: journal, isTerminal: false) == .text(time: false))
        log.format = .text
        #expect(log.style(environment: [:], isTerminal: false) == .text(time: true))
        log.format = .json
        #expect(log.style(environment: journal, isTerminal: true) == .json)
    }

    @Test func jsonValuesKeepTheirOrderAndEscapeWhatHurts() {
        let value: JSONValue = [
            "b": [1, -2.5, true, nil], "a": "\u{2028}\u{7F}\t/é😀", "n": .number(.nan), "empty": .object([]),
        ]
        #expect(value.text == #"{"b":[1,-2.5,true,null],"a":"\u2028\u007f\t/é😀","n":null,"empty":{}}"#)
    }
}
