import Testing

@testable import quloud

@Suite struct TimeTextTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01 00:00"), (-1, "1969-12-31 23:59"), (1_700_000_000_000, "2023-11-14 22:13"),
        (.max, "292278994-08-17 07:12"),
    ])
    func datesAreWrittenToTheMinute(time: Int64, text: String) {
        #expect(TimeText(now: 0, isUTC: true).date(time) == text)
    }

    @Test func noDateTraps() {
        _ = TimeText(now: 0, isUTC: true).date(.min)
        #expect(TimeText(now: .max).relative(.min) == "–")
    }

    private static let distances: [(ago: Int64, text: String)] = [
        (0, "now"), (999, "now"), (1000, "1 s ago"), (-59_999, "in 59 s"), (60_000, "1 min ago"),
        (-3_600_000, "in 1 h"), (169_200_000, "47 h ago"), (172_800_000, "2 d ago"),
        (106_617_600_000, "1,234 d ago"),
    ]

    @Test(arguments: distances)
    func distancesHaveOneUnit(ago: Int64, text: String) {
        #expect(TimeText(now: 5_000_000_000_000).relative(5_000_000_000_000 - ago) == text)
    }

    @Test func whatNeverHappenedIsSaidSo() {
        #expect(TimeText(now: 0).relative(nil) == "never")
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func numbersAreGroupedByThousands(number: Int, text: String) {
        #expect(HumanText.number(number) == text)
    }
}
