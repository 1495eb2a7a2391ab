/// Writes one line per event to standard error. A value that is passed around; there is no global one.
///
/// A message is a constant; what changes from event to event is metadata. Never a secret, never content.
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

    /// How a line looks.
    package enum Style: Sendable, Equatable {
        case text(time: Bool)
        case json
    }

    /// Names with their values, in the order in which they are written.
    package typealias Metadata = KeyValuePairs<String, JSONValue>

    /// The least important level that is written.
    package let level: Level
    package let style: Style
    private let metadata: [JSONValue.Field]
    private let write: @Sendable (String) -> Void

    /// - Parameter write: Takes one whole line with its line break; standard error when omitted.
    package init(
        level: Level, style: Style, write: @escaping @Sendable (String) -> Void = { StandardStream.error.write($0) }
    ) {
        self.init(level: level, style: style, metadata: [], write: write)
    }

    private init(
        level: Level, style: Style, metadata: [JSONValue.Field], write: @escaping @Sendable (String) -> Void
    ) {
        self.level = level
        self.style = style
        self.metadata = metadata
        self.write = write
    }

    /// A logger that writes nothing.
    package static let silent = Logger(level: .error, style: .json) { _ in }

    /// A logger that adds `metadata` to each of its lines.
    package func with(_ metadata: Metadata) -> Logger {
        Logger(level: level, style: style, metadata: self.metadata + Self.fields(metadata), write: write)
    }

    /// What helps to find a fault.
    package func debug(_ message: StaticString, _ metadata: @autoclosure () -> Metadata = [:]) {
        log(.debug, message, metadata)
    }

    /// What an operator may want to know later.
    package func info(_ message: StaticString, _ metadata: @autoclosure () -> Metadata = [:]) {
        log(.info, message, metadata)
    }

    /// Something is not as it should be; the node goes on.
    package func warning(_ message: StaticString, _ metadata: @autoclosure () -> Metadata = [:]) {
        log(.warning, message, metadata)
    }

    /// Something failed that somebody has to look at.
    package func error(_ message: StaticString, _ metadata: @autoclosure () -> Metadata = [:]) {
        log(.error, message, metadata)
    }

    private func log(_ level: Level, _ message: StaticString, _ metadata: () -> Metadata) {
        guard level >= self.level else { return }
        let fields = self.metadata + Self.fields(metadata())
        let line = LogLine(level: level, message: message.description, fields: fields)
        write(line.text(style))
    }

    private static func fields(_ metadata: Metadata) -> [JSONValue.Field] {
        metadata.map { JSONValue.Field($0.key, $0.value) }
    }
}
