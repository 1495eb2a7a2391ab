import Glibc

/// One event, as text or as JSON.
struct LogLine {
    let level: Logger.Level
    let message: String
    let fields: [JSONValue.Field]

    /// The line with its line break.
    func text(_ style: Logger.Style, now: timespec? = nil) -> String {
        switch style {
        case .text(let time):
            var line = time ? Self.time(now ?? Self.now()) + " " : ""
            line += level.rawValue.uppercased().padded(to: 7) + " " + message
            for field in fields {
                line += " \(Self.word(.string(field.name)))=\(Self.word(field.value))"
            }
            return line + "\n"
        case .json:
            let head: [JSONValue.Field] = [
                .init("time", .string(Self.time(now ?? Self.now()))), .init("level", .string(level.rawValue)),
                .init("message", .string(message)),
            ]
            // A name that the head uses would make the object ambiguous.
            let rest = fields.map { field in
                head.contains { $0.name == field.name } ? JSONValue.Field("_" + field.name, field.value) : field
            }
            return JSONValue.object(head + rest).text + "\n"
        }
    }

    /// A value as one word; in double quotes where it is not plainly one.
    private static func word(_ value: JSONValue) -> String {
        guard case .string(let text) = value else { return value.text }
        let isPlain = text.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
        }
        return isPlain && !text.isEmpty ? text : value.text
    }

    private static func now() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }

    /// RFC 3339 with milliseconds, in UTC.
    static func time(_ time: timespec) -> String {
        var seconds = time.tv_sec
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: some BinaryInteger, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
        let clock = [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
        let milliseconds = digits(time.tv_nsec / 1_000_000, 3)
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(milliseconds)Z"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
