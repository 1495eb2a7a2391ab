/// Something in the configuration that has to be changed.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// Where a value came from.
    package enum Origin: Sendable, Equatable {
        case file(path: String, line: Int)
        case environment(name: String)
        case flag(name: String)
        case standard

        var text: String {
            switch self {
            case .file(let path, let line): line > 0 ? "\(path):\(line)" : path
            case .environment(let name): name
            case .flag(let name): name
            case .standard: "default"
            }
        }
    }

    /// Where to change it.
    package let origin: Origin
    /// What is wrong, starting with the key if the origin does not name it.
    package let message: String

    /// `node.toml:12: [audit] cover_within: "30x" is not a duration; write for example "30d"`
    package var description: String { "\(origin.text): \(message)" }
}

/// All that is wrong with a configuration, at once.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Never empty.
    package let problems: [ConfigurationProblem]

    /// One line for each problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
