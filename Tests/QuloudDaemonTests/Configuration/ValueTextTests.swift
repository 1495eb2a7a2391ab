import QuloudDaemon
import Testing

@Suite struct ValueTextTests {
    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("20 GiB", 20 << 30), ("20GiB", 20 << 30), ("512 mib", 512 << 20), ("1 kB", 1000),
        ("1.5 TB", 1_500_000_000_000), ("0.5 KiB", 512), ("7 B", 7), ("9223372036854775807", Int.max),
    ])
    func sizesAreRead(text: String, bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(arguments: [
        "", " ", "GiB", "-1", "1.5", "1.", ".5 GiB", "1.2.3 GiB", "1e3", "20 gigs", "9223372036854775808",
        "9000000 TiB",
        "99999999999999999999.5 TiB", "٣ GiB", "+1",
    ])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test(arguments: [0, 1, 999, 1000, 1024, 1536, 512 << 20, 100 << 30, 3 << 40, 1 << 60, Int.max])
    func sizesSurviveWritingAndReading(bytes: Int) {
        #expect(ByteSize.parse(ByteSize.text(bytes)) == bytes)
    }

    @Test(arguments: [("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000), ("0s", 0)])
    func durationsAreRead(text: String, seconds: Int) {
        #expect(DurationText.parse(text) == .seconds(seconds))
        #expect(DurationText.parse(DurationText.text(.seconds(seconds))) == .seconds(seconds))
    }

    @Test(arguments: ["", "s", "30", "30x", "-1d", "1.5h", "1 d", "1d2h", "9223372036854775807d", "٣d", "+1d"])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        ("quorm", "quorum"), ("capcity", "capacity"), ("Quorum", "quorum"), ("chunknig", "chunking"),
    ])
    func slipsOfTheFingersFindTheirWord(text: String, word: String) {
        #expect(Suggestion.nearest(to: text, among: ConfigurationKey.all.map(\.name)) == word)
    }

    @Test func wordsThatAreFarFromAllFindNone() {
        #expect(Suggestion.nearest(to: "zzzzzz", among: ConfigurationKey.all.map(\.name)) == nil)
        #expect(Suggestion.nearest(to: "", among: ["abc"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 100_000), among: ["abc"]) == nil)
    }
}
