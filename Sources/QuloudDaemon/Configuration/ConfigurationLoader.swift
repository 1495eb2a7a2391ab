import QuloudSystem

/// A configuration together with where it came from.
package struct LoadedConfiguration: Sendable {
    /// Resolved and checked.
    package let configuration: Configuration
    /// The file that was read, absolute; nil when none was named and none found.
    package let file: String?
}

/// Finds and reads `node.toml`.
package enum ConfigurationLoader {
    /// A configuration file is smaller than this many bytes.
    static let sizeMax = 256 << 10

    /// Reads the file that `--config` or `QULOUD_CONFIG` names, or else the first of `paths.searchPath` that exists, and
    /// puts the configuration together.
    ///
    /// - Throws: `FileReadError` when a named file cannot be read, `ConfigurationError` when values are wrong.
    package static func load(
        config: String?, environment: [String: String], overrides: [ConfigurationOverride] = [],
        paths: ConfigurationPaths
    ) throws -> LoadedConfiguration {
        let path = try locate(config: config, environment: environment, paths: paths)
        let file = try path.map { path in
            let prefix = paths.workingDirectory + "/"
            let name = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
            let directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
            return ConfigurationFile(
                name: name, directory: directory.isEmpty ? "/" : String(directory),
                bytes: try SmallFile.read(path, sizeMax: sizeMax))
        }
        let configuration = try Configuration.resolve(
            file: file, environment: environment, overrides: overrides, paths: paths)
        return LoadedConfiguration(configuration: configuration, file: path)
    }

    /// The file that `load` would read, absolute, or nil. A named file is returned whether it exists or not.
    package static func locate(
        config: String?, environment: [String: String], paths: ConfigurationPaths
    ) throws(FileReadError) -> String? {
        if let config { return paths.absolute(config, from: paths.workingDirectory) }
        if let named = environment["QULOUD_CONFIG"], !named.isEmpty {
            return paths.absolute(named, from: paths.workingDirectory)
        }
        for path in paths.searchPath where try SmallFile.exists(path) { return path }
        return nil
    }
}
