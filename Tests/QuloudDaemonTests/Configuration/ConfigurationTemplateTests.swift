import Glibc
import QuloudDaemon
import Testing

@Suite struct ConfigurationTemplateTests {
    private static let example =
        #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/node.example.toml"

    /// The template with the "#" before every key removed.
    private func uncommented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isKey = line.hasPrefix("#") && !line.hasPrefix("# ") && line.contains(" = ")
            return isKey ? String(line.dropFirst()) : String(line)
        }.joined(separator: "\n")
    }

    @Test func theExampleIsTheTemplateWithAllDefaults() throws {
        let template = ConfigurationTemplate.render()
        // After a change of the table: QULOUD_WRITE_EXAMPLE=1 swift test --filter ConfigurationTemplateTests
        if getenv("QULOUD_WRITE_EXAMPLE") != nil { try write(template, to: Self.example) }
        let example = try SmallFile.read(Self.example, sizeMax: 1 << 20)
        #expect(String(decoding: example, as: UTF8.self) == template)
    }

    @Test func theExampleHasExactlyTheKeysOfTheTableWithTheirDefaults() throws {
        let text = String(decoding: try SmallFile.read(Self.example, sizeMax: 1 << 20), as: UTF8.self)
        let entries = try TOMLDocument.entries(of: Array(uncommented(text).utf8)).filter { $0.value != .table }
        #expect(entries.map(\.path) == ConfigurationKey.all.map(\.path))
        let paths = ConfigurationPaths(home: "/home/ada", workingDirectory: "/", isRoot: false)
        let file = ConfigurationFile(name: "node.example.toml", directory: "/", bytes: Array(uncommented(text).utf8))
        #expect(try Configuration.resolve(file: file, paths: paths) == Configuration.resolve(paths: paths))
    }

    @Test func theCommentedTemplateChangesNothing() throws {
        let paths = ConfigurationPaths(home: "/root", workingDirectory: "/", isRoot: true)
        let bytes = Array(ConfigurationTemplate.render().utf8)
        let file = ConfigurationFile(name: "node.toml", directory: "/", bytes: bytes)
        #expect(try Configuration.resolve(file: file, paths: paths) == Configuration.resolve(paths: paths))
    }

    @Test func givenValuesStandInTheTemplateUncommented() throws {
        let paths = ConfigurationPaths(home: "/home/ada", workingDirectory: "/srv", isRoot: false)
        let overrides = [
            ConfigurationOverride(key: "node.data_dir", value: "a\"b", flag: "--data-dir"),
            ConfigurationOverride(key: "owner.quorum", value: "2", flag: "--quorum"),
            ConfigurationOverride(key: "fabric.broker", value: "nats://a:1,nats://b:2", flag: "--broker"),
        ]
        let text = try ConfigurationTemplate.render(overriding: overrides, paths: paths)
        let file = ConfigurationFile(name: "node.toml", directory: "/elsewhere", bytes: Array(text.utf8))
        let configuration = try Configuration.resolve(file: file, paths: paths)
        #expect(configuration.node.dataDirectory == "/srv/a\"b")
        #expect(try configuration == Configuration.resolve(overrides: overrides, paths: paths))
    }

    @Test func everySectionIsDescribedAndUsed() {
        let used = Set(ConfigurationKey.all.map(\.section))
        #expect(used == Set(ConfigurationKey.sections.map(\.name)))
        for key in ConfigurationKey.all { #expect(key.documentation.hasSuffix("."), "\(key.title)") }
    }

    @Test func noTwoVariablesHaveOneName() {
        #expect(Set(ConfigurationKey.all.map(\.environmentName)).count == ConfigurationKey.all.count)
    }

    @Test func everyKeyReadsWhatItWrites() {
        for key in ConfigurationKey.all {
            let text = "[\(key.section)]\n\(key.name) = \(key.text(key.defaultValue))\n"
            #expect(throws: Never.self, "\(key.title)") { try TOMLDocument.entries(of: Array(text.utf8)) }
        }
    }

    private func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}
