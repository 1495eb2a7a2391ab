/// Numbers as people read them.
enum HumanText {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// "0 B", "999 B", "1.50 KiB", "12.3 GiB", "123 MiB"
    static func bytes(_ count: Int) -> String {
        guard abs(count.clampedMagnitude) >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        // 999.5 would be shown with four digits.
        while abs(value) >= 999.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(significant(value)) \(units[unit])"
    }

    /// "12.3 MiB/s"; "–" while nothing can be said.
    static func rate(bytes: Int, in duration: Duration) -> String {
        let seconds = Self.seconds(duration)
        guard seconds > 0 else { return "–" }
        let perSecond = Double(bytes) / seconds
        guard perSecond.isFinite, abs(perSecond) < 1e18 else { return "–" }
        return Self.bytes(Int(perSecond)) + "/s"
    }

    /// The two largest parts: "250 ms", "4.2 s", "3 min 5 s", "2 h 10 min", "30 d"
    static func duration(_ duration: Duration) -> String {
        let seconds = Self.seconds(duration)
        if seconds < 0 { return "-" + Self.duration(.zero - duration) }
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 9.95 { return "\(fixed(seconds, places: 1)) s" }
        let whole = Int(min(seconds.rounded(), 1e15))
        let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
        let first = parts.firstIndex { $0.0 > 0 } ?? 3
        return parts[first..<min(first + 2, 4)].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    /// "1,234,567"
    static func number(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var result = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result += "," }
            result.append(digit)
        }
        return result
    }

    /// "1 chunk", "12 chunks", "1,234 chunks"
    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(Self.number(number)) \(number == 1 ? one : many ?? one + "s")"
    }

    /// "99.9 %"; never "100.0 %" unless all is done.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        if part >= whole { return "100 %" }
        let tenths = min(999, Int(Double(part) / Double(whole) * 1000))
        return "\(tenths / 10).\(abs(tenths % 10)) %"
    }

    private static func seconds(_ duration: Duration) -> Double {
        let parts = duration.components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }

    /// Three digits: 1.50, 12.3, 123.
    private static func significant(_ value: Double) -> String {
        switch abs(value) {
        case ..<9.995: fixed(value, places: 2)
        case ..<99.95: fixed(value, places: 1)
        default: fixed(value, places: 0)
        }
    }

    /// For magnitudes below 1e15.
    private static func fixed(_ value: Double, places: Int) -> String {
        let factor = places == 0 ? 1 : places == 1 ? 10 : 100
        let scaled = Int((abs(value) * Double(factor)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % factor)
        return "\(sign)\(scaled / factor).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}

extension Int {
    /// The magnitude, with that of the smallest number cut to fit.
    fileprivate var clampedMagnitude: Int { self == .min ? .max : Swift.abs(self) }
}
