import Glibc

/// Writes one line per event to standard error. A value that is passed around; there is no global one.
package struct Logger: Sendable {
    /// How much an event matters.
    package enum Level: String, Sendable, CaseIterable, Comparable {
        case debug
        case info
        case warning
        case error

        private var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }

        package static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    }
}
