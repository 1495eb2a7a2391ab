import Glibc
import QuloudDaemon
import QuloudSystem

/// What a command finds when it is called: options, environment, working directory, and where to say things.
struct Session: Sendable {
    let output: Output
    let environment: [String: String]
    let paths: ConfigurationPaths

    var options: GlobalOptions { output.options }

    /// Of this process.
    init(_ options: GlobalOptions) {
        let environment = Environment.all()
        self.init(Output(options), environment: environment, paths: .current(environment: environment))
    }

    init(_ output: Output, environment: [String: String], paths: ConfigurationPaths) {
        self.output = output
        self.environment = environment
        self.paths = paths
    }

    /// `path` from the working directory, without "." in it. ".." stays: only the file system knows what it means.
    func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : paths.workingDirectory + "/" + path
        let parts = whole.split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }
}

// MARK: - Configuration

extension Session {
    /// The configuration of the node that is here.
    ///
    /// - Throws: `Failure` with `.notFound` when there is no configuration file.
    func existingNode() throws -> LoadedConfiguration {
        guard let file = try locate() else {
            throw Failure(
                .notFound, "there is no node here: no configuration file was found",
                hint: "run \"quloud init\" to make one, or name it with --config FILE")
        }
        guard let loaded = try loadIfThere(file, []) else {
            throw Failure(
                .notFound, "there is no node here: \(file) does not exist",
                hint: "run \"quloud init --config \(file)\" to make one, or name another with --config FILE")
        }
        return loaded
    }

    /// The configuration for a node that may not be there yet, and the file where it is or belongs.
    func nodeToBe(
        overriding overrides: [ConfigurationOverride]
    ) throws -> (configuration: Configuration, file: String) {
        let file = try locate() ?? usualFile
        return (try configuration(in: file, overrides), file)
    }

    /// The same for a new node, whose file is the named one or the usual one, whatever else lies around.
    ///
    /// - Parameter replacing: Whether the file will be replaced, and so says nothing.
    func newNode(
        overriding overrides: [ConfigurationOverride], replacing: Bool
    ) throws -> (configuration: Configuration, file: String) {
        let isNamed = options.config != nil || environment["QULOUD_CONFIG"]?.isEmpty == false
        let file = isNamed ? try locate() ?? usualFile : usualFile
        return (try configuration(in: replacing ? nil : file, overrides), file)
    }

    /// Where a configuration is put when nothing is said.
    var usualFile: String {
        paths.isRoot ? "/etc/quloud/node.toml" : paths.absolute("~/.config/quloud/node.toml", from: "/")
    }

    /// " --config FILE" where a command called from here would otherwise use another file, or none.
    func flag(for file: String) -> String {
        let found = try? ConfigurationLoader.locate(config: nil, environment: environment, paths: paths)
        return found == file ? "" : " --config \(file)"
    }

    private func locate() throws -> String? {
        try ConfigurationLoader.locate(config: options.config, environment: environment, paths: paths)
    }

    private func configuration(in file: String?, _ overrides: [ConfigurationOverride]) throws -> Configuration {
        if let file, let loaded = try loadIfThere(file, overrides) { return loaded.configuration }
        return try Configuration.resolve(environment: environment, overrides: overrides, paths: paths)
    }

    /// nil when `file` is not there.
    private func loadIfThere(
        _ file: String, _ overrides: [ConfigurationOverride]
    ) throws -> LoadedConfiguration? {
        do {
            return try ConfigurationLoader.load(
                config: file, environment: environment, overrides: overrides, paths: paths)
        } catch let error as FileReadError where error.path == file && error.reason == .system(ENOENT) {
            return nil
        }
    }
}
