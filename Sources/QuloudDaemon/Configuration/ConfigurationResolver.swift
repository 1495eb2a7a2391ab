/// The text of a configuration file.
package struct ConfigurationFile: Sendable {
    /// As the user knows it; for messages.
    package let name: String
    /// Absolute; relative paths in the file start here.
    package let directory: String
    /// What it holds.
    package let bytes: [UInt8]

    /// A file that has been read already.
    package init(name: String, directory: String, bytes: [UInt8]) {
        self.name = name
        self.directory = directory
        self.bytes = bytes
    }
}

/// A value given on the command line.
package struct ConfigurationOverride: Sendable, Equatable {
    /// `ConfigurationKey.path`
    package let key: String
    /// As it was typed.
    package let value: String
    /// The option it was given by, for messages: `--quorum`.
    package let flag: String

    /// Stands for `flag value` on the command line.
    package init(key: String, value: String, flag: String) {
        self.key = key
        self.value = value
        self.flag = flag
    }
}

extension Configuration {
    /// Puts a configuration together: command line over environment over file over defaults.
    ///
    /// - Parameters:
    ///   - environment: All variables; those of other programs are ignored.
    ///   - paths: What "~" and relative paths mean. Relative paths of the file start at its folder, all others at the
    ///     working directory.
    /// - Throws: Everything that is wrong, in the order of file, environment, command line, and then what does not fit
    ///   together.
    package static func resolve(
        file: ConfigurationFile? = nil, environment: [String: String] = [:], overrides: [ConfigurationOverride] = [],
        paths: ConfigurationPaths
    ) throws(ConfigurationError) -> Configuration {
        var resolver = ConfigurationResolver(paths: paths)
        if let file { resolver.read(file) }
        resolver.read(environment)
        resolver.read(overrides)
        return try resolver.finish()
    }
}

/// Collects values and problems.
private struct ConfigurationResolver {
    let paths: ConfigurationPaths
    var configuration = Configuration()
    var origins: [String: ConfigurationProblem.Origin] = [:]
    var problems: [ConfigurationProblem] = []

    init(paths: ConfigurationPaths) {
        self.paths = paths
        configuration.node.dataDirectory = paths.defaultDataDirectory
    }

    // MARK: - Sources

    mutating func read(_ file: ConfigurationFile) {
        let entries: [TOMLEntry]
        do {
            entries = try TOMLDocument.entries(of: file.bytes)
        } catch {
            let place = error.column > 0 ? " (column \(error.column))" : ""
            report(.file(path: file.name, line: error.line), "not valid TOML: \(error.message)\(place)")
            return
        }
        var skipped: Set<String> = []
        for entry in entries {
            let dots = entry.path.indices.filter { entry.path[$0] == "." }
            // What lies within something that was read or refused as a whole is not looked at again.
            guard !dots.contains(where: { skipped.contains(String(entry.path[..<$0])) }) else { continue }
            let origin = ConfigurationProblem.Origin.file(path: file.name, line: entry.line)
            if let complaint = complaint(about: entry) {
                report(origin, complaint)
                skipped.insert(entry.path)
            } else if let key = ConfigurationKey.named(entry.path) {
                store(key, from: origin, directory: file.directory) { () throws(ValueProblem) in
                    try key.value(of: entry.value)
                }
                skipped.insert(entry.path)
            }
        }
    }

    mutating func read(_ environment: [String: String]) {
        let prefixes = ConfigurationKey.sections.map { "QULOUD_\($0.name.uppercased())_" }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard prefixes.contains(where: { name.hasPrefix($0) }) else { continue }
            if let key = ConfigurationKey.all.first(where: { $0.environmentName == name }) {
                store(key, from: .environment(name: name), directory: paths.workingDirectory) {
                    () throws(ValueProblem) in
                    try key.value(of: value)
                }
            } else {
                let nearest = Suggestion.nearest(to: name, among: ConfigurationKey.all.map(\.environmentName))
                report(.environment(name: name), "unknown variable" + (nearest.map { "; did you mean \($0)?" } ?? ""))
            }
        }
    }

    mutating func read(_ overrides: [ConfigurationOverride]) {
        for override in overrides {
            guard let key = ConfigurationKey.named(override.key) else {
                report(.flag(name: override.flag), "\(override.key): unknown key")
                continue
            }
            store(key, from: .flag(name: override.flag), directory: paths.workingDirectory) { () throws(ValueProblem) in
                try key.value(of: override.value)
            }
        }
    }

    // MARK: - Values

    private mutating func store(
        _ key: ConfigurationKey, from origin: ConfigurationProblem.Origin, directory: String,
        _ value: () throws(ValueProblem) -> ConfigurationValue
    ) {
        origins[key.path] = origin
        do throws(ValueProblem) {
            var value = try value()
            if case .path = key.kind, case .text(let text) = value {
                value = .text(paths.absolute(text, from: directory))
            }
            key.write(&configuration, value)
        } catch {
            // A single option says its own name; a file or a variable needs the key's.
            if case .file = origin {
                report(origin, "\(key.title): \(error.message)")
            } else {
                report(origin, error.message)
            }
        }
    }

    private mutating func report(_ origin: ConfigurationProblem.Origin, _ message: String) {
        problems.append(ConfigurationProblem(origin: origin, message: message))
    }

    // MARK: - Unknown keys

    /// What is wrong with the place of an entry, whatever its value.
    private func complaint(about entry: TOMLEntry) -> String? {
        let parts = entry.path.split(separator: ".", maxSplits: 1).map(String.init)
        let isSection = ConfigurationKey.sections.contains { $0.name == parts[0] }
        guard parts.count == 2 else {
            if isSection {
                return entry.value == .table ? nil : "[\(parts[0])] is a section; write it on a line of its own"
            }
            return entry.value == .table ? unknownSection(parts[0]) : unknownKey(parts[0])
        }
        guard isSection else { return unknownSection(parts[0]) }
        guard ConfigurationKey.named(entry.path) == nil else { return nil }
        let names = ConfigurationKey.all.filter { $0.section == parts[0] }.map(\.name)
        if let nearest = Suggestion.nearest(to: parts[1], among: names) {
            return "[\(parts[0])] \(parts[1]): unknown key; did you mean \"\(nearest)\"?"
        }
        return unknownKey(parts[1], title: "[\(parts[0])] \(parts[1])")
    }

    /// An unknown key that may belong to another section.
    private func unknownKey(_ name: String, title: String? = nil) -> String {
        let nearest = Suggestion.nearest(to: name, among: ConfigurationKey.all.map(\.name))
        let owner = ConfigurationKey.all.first { $0.name == nearest }
        return "\(title ?? name): unknown key" + (owner.map { "; did you mean \($0.title)?" } ?? "")
    }

    private func unknownSection(_ name: String) -> String {
        let nearest = Suggestion.nearest(to: name, among: ConfigurationKey.sections.map(\.name))
        return "[\(name)]: unknown section" + (nearest.map { "; did you mean [\($0)]?" } ?? "")
    }

    // MARK: - The whole

    consuming func finish() throws(ConfigurationError) -> Configuration {
        if configuration.node.dataDirectory.isEmpty {
            report(origins["node.data_dir"] ?? .standard, "[node] data_dir: must not be empty")
        }
        // What does not fit together is worth saying only of values that are right by themselves.
        if problems.isEmpty {
            for complaint in ConfigurationRules.complaints(about: configuration) {
                report(origins[complaint.key] ?? .standard, complaint.message)
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        if configuration.holder.blobDirectory.isEmpty {
            configuration.holder.blobDirectory = paths.absolute("blobs", from: configuration.node.dataDirectory)
        }
        return configuration
    }
}
