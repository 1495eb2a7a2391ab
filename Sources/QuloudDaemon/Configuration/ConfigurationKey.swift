/// A value of a key, before it is stored in a `Configuration`.
package enum ConfigurationValue: Sendable, Equatable {
    case text(String)
    case flag(Bool)
    /// A plain number, or bytes.
    case number(Int)
    case duration(Duration)
    case list([String])
}

/// One key of `node.toml`. `all` is the only table of them: parsing, checking, the environment, the example file and the
/// file that `quloud init` writes follow from it.
package struct ConfigurationKey: Sendable {
    /// What a key takes, and within which bounds.
    package enum Kind: Sendable {
        case text(check: @Sendable (String) -> String?)
        case flag
        case number(ClosedRange<Int>)
        case bytes(ClosedRange<Int>)
        case duration(ClosedRange<Duration>)
        case list(check: @Sendable (String) -> String?)
        case path
        case choice([String])
        /// "embedded", one address, or a list of addresses.
        case broker
    }

    /// The section it stands in, without brackets.
    package let section: String
    /// Its name within the section.
    package let name: String
    /// What it takes.
    package let kind: Kind
    /// One or more sentences for the person who edits the file.
    package let documentation: String
    let read: @Sendable (Configuration) -> ConfigurationValue
    let write: @Sendable (inout Configuration, ConfigurationValue) -> Void

    /// `section.name`, as used for overriding values.
    package var path: String { "\(section).\(name)" }

    /// `[section] name`, as used in messages.
    package var title: String { "[\(section)] \(name)" }

    /// The name of the environment variable that overrides the key.
    package var environmentName: String { "QULOUD_\(section)_\(name)".uppercased() }

    /// The value that holds when nothing is said.
    package var defaultValue: ConfigurationValue { read(Configuration()) }
}

// MARK: - Rows of the table

/// Where in a `Configuration` the value of a key is kept.
package typealias SettingPath<Value> = any WritableKeyPath<Configuration, Value> & Sendable

extension ConfigurationKey {
    static func text(
        _ section: String, _ name: String, _ path: SettingPath<String>, _ documentation: String,
        check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> Self {
        Self(section: section, name: name, kind: .text(check: check), documentation: documentation) {
            .text($0[keyPath: path])
        } write: {
            if case .text(let text) = $1 { $0[keyPath: path] = text }
        }
    }

    static func path(
        _ section: String, _ name: String, _ path: SettingPath<String>, _ documentation: String
    ) -> Self {
        Self(section: section, name: name, kind: .path, documentation: documentation) {
            .text($0[keyPath: path])
        } write: {
            if case .text(let text) = $1 { $0[keyPath: path] = text }
        }
    }

    static func flag(
        _ section: String, _ name: String, _ path: SettingPath<Bool>, _ documentation: String
    ) -> Self {
        Self(section: section, name: name, kind: .flag, documentation: documentation) {
            .flag($0[keyPath: path])
        } write: {
            if case .flag(let flag) = $1 { $0[keyPath: path] = flag }
        }
    }

    static func number(
        _ section: String, _ name: String, _ path: SettingPath<Int>, in range: ClosedRange<Int>, _ documentation: String
    ) -> Self {
        number(section, name, path, .number(range), documentation)
    }

    static func bytes(
        _ section: String, _ name: String, _ path: SettingPath<Int>, in range: ClosedRange<Int>, _ documentation: String
    ) -> Self {
        number(section, name, path, .bytes(range), documentation)
    }

    private static func number(
        _ section: String, _ name: String, _ path: SettingPath<Int>, _ kind: Kind, _ documentation: String
    ) -> Self {
        Self(section: section, name: name, kind: kind, documentation: documentation) {
            .number($0[keyPath: path])
        } write: {
            if case .number(let number) = $1 { $0[keyPath: path] = number }
        }
    }

    static func duration(
        _ section: String, _ name: String, _ path: SettingPath<Duration>, in range: ClosedRange<Duration>,
        _ documentation: String
    ) -> Self {
        Self(section: section, name: name, kind: .duration(range), documentation: documentation) {
            .duration($0[keyPath: path])
        } write: {
            if case .duration(let duration) = $1 { $0[keyPath: path] = duration }
        }
    }

    static func list(
        _ section: String, _ name: String, _ path: SettingPath<[String]>, _ documentation: String,
        check: @escaping @Sendable (String) -> String?
    ) -> Self {
        Self(section: section, name: name, kind: .list(check: check), documentation: documentation) {
            .list($0[keyPath: path])
        } write: {
            if case .list(let list) = $1 { $0[keyPath: path] = list }
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ section: String, _ name: String, _ path: SettingPath<Choice>, _ documentation: String
    ) -> Self {
        let names = Choice.allCases.map(\.rawValue)
        return Self(section: section, name: name, kind: .choice(names), documentation: documentation) {
            .text($0[keyPath: path].rawValue)
        } write: {
            guard case .text(let text) = $1, let choice = Choice(rawValue: text) else { return }
            $0[keyPath: path] = choice
        }
    }

    static func broker(
        _ section: String, _ name: String, _ path: SettingPath<BrokerAddress>, _ documentation: String
    ) -> Self {
        Self(section: section, name: name, kind: .broker, documentation: documentation) {
            switch $0[keyPath: path] {
            case .embedded: .list(["embedded"])
            case .urls(let urls): .list(urls)
            }
        } write: {
            guard case .list(let list) = $1 else { return }
            $0[keyPath: path] = list == ["embedded"] ? .embedded : .urls(list)
        }
    }
}
