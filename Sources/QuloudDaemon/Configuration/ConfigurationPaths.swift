import Glibc

/// What paths in a configuration mean on this machine.
package struct ConfigurationPaths: Sendable {
    /// The user's home folder.
    package let home: String
    /// Where relative paths of the command line and the environment start.
    package let workingDirectory: String
    /// Whether the process runs as root.
    package let isRoot: Bool

    /// Paths of a machine that may be another than this one.
    package init(home: String, workingDirectory: String, isRoot: Bool) {
        self.home = home
        self.workingDirectory = workingDirectory
        self.isRoot = isRoot
    }

    /// The paths of this process. Without HOME, "~" is the working directory.
    package static func current(environment: [String: String]) -> Self {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let found = unsafe getcwd(&buffer, buffer.count) != nil
        let directory =
            found ? String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "/"
        let home = environment["HOME"] ?? ""
        return Self(home: home.isEmpty ? directory : home, workingDirectory: directory, isRoot: geteuid() == 0)
    }

    /// Where keys, databases and blobs lie when nothing is said.
    package var defaultDataDirectory: String {
        isRoot ? "/var/lib/quloud" : absolute(Configuration.Node().dataDirectory, from: workingDirectory)
    }

    /// Where `node.toml` is looked for, best first. `flag` and `QULOUD_CONFIG` are not searched but taken.
    package var searchPath: [String] {
        [
            absolute("node.toml", from: workingDirectory), absolute("~/.config/quloud/node.toml", from: "/"),
            "/etc/quloud/node.toml",
        ]
    }

    /// `path` with "~/" expanded, made absolute from `directory`. "" stays "".
    package func absolute(_ path: String, from directory: String) -> String {
        if path.isEmpty || path.hasPrefix("/") { return path }
        if path == "~" { return home }
        if path.hasPrefix("~/") { return joined(home, path.dropFirst(2)) }
        let relative = path.hasPrefix("./") ? path.dropFirst(2) : Substring(path)
        return relative == "." || relative.isEmpty ? directory : joined(directory, relative)
    }

    private func joined(_ directory: String, _ name: Substring) -> String {
        directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }
}
