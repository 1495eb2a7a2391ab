import Glibc

/// Points in time as people read them. Times are milliseconds since 1970-01-01 UTC.
struct TimeText: Sendable {
    /// What "ago" counts from.
    let now: Int64
    /// Else the time zone of this machine.
    var isUTC = false

    static var current: Self {
        // In seconds: the module that `timespec` belongs to differs between debug and release builds.
        Self(now: Int64(time(nil)) * 1000)
    }

    /// "2026-01-31 14:05"
    func date(_ time: Int64) -> String {
        // Rounded down, also before 1970.
        var seconds = time_t(time >= 0 ? time / 1000 : -((999 - max(time, .min + 1000)) / 1000))
        var parts = tm()
        guard (isUTC ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts)) != nil else { return "–" }
        let day = "\(Int(parts.tm_year) + 1900)-\(Self.two(parts.tm_mon + 1))-\(Self.two(parts.tm_mday))"
        return "\(day) \(Self.two(parts.tm_hour)):\(Self.two(parts.tm_min))"
    }

    /// "3 h ago", "in 2 d", "now"; "never" for nil.
    func relative(_ time: Int64?) -> String {
        guard let time else { return "never" }
        let (difference, overflow) = now.subtractingReportingOverflow(time)
        guard !overflow else { return "–" }
        let seconds = difference.magnitude / 1000
        guard seconds > 0 else { return "now" }
        let text = Self.largest(seconds)
        return difference > 0 ? "\(text) ago" : "in \(text)"
    }

    private static func largest(_ seconds: UInt64) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(HumanText.number(Int(seconds / 86_400))) d"
        }
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
