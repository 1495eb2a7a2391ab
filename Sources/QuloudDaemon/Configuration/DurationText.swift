/// Durations as people write them: "90s", "15m", "12h", "30d".
package enum DurationText {
    private static let units: [(name: Character, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    /// The duration, or nil when `text` is not a whole number followed by one of s, m, h, d.
    package static func parse(_ text: String) -> Duration? {
        guard let unit = units.first(where: { $0.name == text.last }) else { return nil }
        let digits = text.dropLast()
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(digits) else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit.seconds)
        return overflow ? nil : .seconds(seconds)
    }

    /// The shortest exact text that `parse` reads back; parts of a second are dropped.
    package static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        let unit = units.first { seconds >= $0.seconds && seconds.isMultiple(of: $0.seconds) }
        guard let unit else { return "\(seconds)s" }
        return "\(seconds / unit.seconds)\(unit.name)"
    }
}
