import QuloudSystem
import Synchronization
import Testing

@testable import quloud

@Suite struct RenderingTests {
    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (10_240, "10.0 KiB"),
        (1_023_000, "999 KiB"), (1 << 20, "1.00 MiB"), (123 << 30, "123 GiB"), (1000 << 30, "0.98 TiB"),
        (Int.max, "8.00 EiB"), (-2048, "-2.00 KiB"), (Int.min, "-8.00 EiB"),
    ])
    func bytesHaveThreeDigits(count: Int, text: String) {
        #expect(HumanText.bytes(count) == text)
    }

    @Test(arguments: [
        (Duration.zero, "0 ms"), (.milliseconds(250), "250 ms"), (.milliseconds(4200), "4.2 s"), (.seconds(59), "59 s"),
        (.seconds(185), "3 min 5 s"), (.seconds(180), "3 min"), (.seconds(7800), "2 h 10 min"),
        (.seconds(30 * 86_400), "30 d"), (.seconds(86_400 + 59), "1 d"), (.seconds(-90), "-1 min 30 s"),
        (.seconds(Int64.max), "11574074074 d 1 h"),
    ])
    func durationsShowTheirTwoLargestParts(duration: Duration, text: String) {
        #expect(HumanText.duration(duration) == text)
    }

    @Test func ratesAndShares() {
        #expect(HumanText.rate(bytes: 10 << 20, in: .seconds(2)) == "5.00 MiB/s")
        #expect(HumanText.rate(bytes: 1, in: .zero) == "–")
        #expect(HumanText.percent(999_999, of: 1_000_000) == "99.9 %")
        #expect(HumanText.percent(3, of: 3) == "100 %")
        #expect(HumanText.percent(0, of: 0) == "–")
        #expect(HumanText.count(1, "chunk") == "1 chunk")
        #expect(HumanText.count(2, "replica") == "2 replicas")
    }

    @Test func progressTellsTheTimeLeft() {
        let progress = Progress(
            doneBytes: 1 << 30, totalBytes: 4 << 30, elapsed: .seconds(10), note: "7 replicas confirmed")
        #expect(progress.text == "1.00 GiB of 4.00 GiB (25.0 %), 102 MiB/s, 30 s left, 7 replicas confirmed")
        #expect(Progress(doneBytes: 5, elapsed: .seconds(10)).timeLeft == nil)
    }

    @Test func tablesAlignTheirColumns() {
        var table = Table([("id", .left), ("size", .right), ("note", .left)])
        table.add(["a", "1 B", "x"])
        table.add(["bcd", "1.50 KiB"])
        table.add(["e\u{1B}[2J", "", "y", "too many"])
        #expect(
            table.text == """
                id              size  note
                a                1 B  x
                bcd         1.50 KiB
                e\\u{1b}[2J            y

                """)
    }

    @Test func namesCannotSteerTheTerminal() {
        #expect(SafeText.line("plain é 😀") == "plain é 😀")
        #expect(SafeText.line("a\u{1B}[31m\n\u{202E}b") == "a\\u{1b}[31m\\u{a}\\u{202e}b")
        #expect(SafeText.line(bytes: [0x61, 0xFF, 0xC3, 0xA9, 0x07, 0xC3]) == "a\\xffé\\u{7}\\xc3")
    }

    @Test func theProgressLineIsWrittenTenTimesASecondAtMostAndWiped() {
        let written = Mutex<[String]>([])
        let start = ContinuousClock.now
        let line = ProgressLine(width: 6) { text in written.withLock { $0.append(text) } }
        line.clear()
        line.show("123456789", now: start)
        line.show("b", now: start + .milliseconds(99))
        line.show("c", now: start + .milliseconds(100))
        line.clear()
        #expect(written.withLock { $0 } == ["\r12345\u{1B}[K", "\rc\u{1B}[K", "\r\u{1B}[K"])
    }

    @Test func failuresAreOneLineAndAHintOrOneObject() {
        let failure = Failure(.locked, "the data directory /d\nis locked", hint: "stop the node")
        #expect(failure.text(json: false) == "error: the data directory /d\\u{a}is locked\nhint: stop the node\n")
        #expect(
            failure.text(json: true)
                == #"{"error":"the data directory /d\nis locked","hint":"stop the node","code":11}"# + "\n")
        let several = Failure(.usage, ["a", "b"])
        #expect(several.text(json: false) == "error: a\nerror: b\n")
        #expect(several.text(json: true) == #"{"error":"a; b","errors":["a","b"],"hint":null,"code":2}"# + "\n")
    }

    @Test func resultsAndNotesGoTheirOwnWays() {
        let written = Mutex<[String]>([])
        func output(_ options: GlobalOptions) -> Output {
            Output(options) { text in
                written.withLock { $0.append("out " + text) }
            } error: { text in
                written.withLock { $0.append("err " + text) }
            }
        }
        for options in [GlobalOptions(verbosity: 1), GlobalOptions(quiet: true), GlobalOptions(json: true)] {
            output(options).result(["a": 1], text: "one")
            output(options).note("note")
            output(options).detail("detail")
        }
        #expect(
            written.withLock { $0 } == ["out one\n", "err note\n", "err detail\n", "out one\n", "out {\"a\":1}\n"])
    }
}
