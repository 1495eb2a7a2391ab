import Glibc
import Testing

@testable import QuloudDaemon

/// A folder that goes away with its last user.
private final class Folder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/quloud-configuration-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in ["node.toml", "secret", "fifo"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        try #require(fchmod(descriptor, mode) == 0)
        return file
    }
}

@Suite struct ConfigurationFilesTests {
    private let folder: Folder
    private let paths: ConfigurationPaths

    init() throws {
        folder = try Folder()
        paths = ConfigurationPaths(home: "/nonexistent", workingDirectory: folder.path, isRoot: false)
    }

    @Test func theFileInTheWorkingDirectoryIsFound() throws {
        let path = try folder.write("[node]\ndata_dir = \"d\"\n", to: "node.toml")
        let loaded = try ConfigurationLoader.load(config: nil, environment: [:], paths: paths)
        #expect(loaded.file == path)
        #expect(loaded.configuration.node.dataDirectory == folder.path + "/d")
    }

    @Test func aNamedFileWinsOverTheVariableWinsOverTheSearch() throws {
        _ = try folder.write("", to: "node.toml")
        let environment = ["QULOUD_CONFIG": "from-variable"]
        #expect(
            try ConfigurationLoader.locate(config: "x", environment: environment, paths: paths) == folder.path + "/x")
        #expect(
            try ConfigurationLoader.locate(config: nil, environment: environment, paths: paths)
                == folder.path + "/from-variable")
    }

    @Test func aNamedFileThatIsMissingIsAnError() throws {
        let error = #expect(throws: FileReadError.self) {
            try ConfigurationLoader.load(config: "gone.toml", environment: [:], paths: paths)
        }
        #expect(error?.description == "cannot read \(folder.path)/gone.toml: no such file or directory")
    }

    @Test func problemsNameTheFileAsTheUserKnowsIt() throws {
        _ = try folder.write("x = 1", to: "node.toml")
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(config: nil, environment: [:], paths: paths)
        }
        #expect(error?.description == "node.toml:1: x: unknown key")
    }

    @Test func filesThatAreTooLargeOrNoFilesAreRefused() throws {
        let large = try folder.write(String(repeating: "#", count: 101), to: "node.toml")
        #expect(throws: FileReadError(path: large, reason: .tooLarge(sizeMax: 100))) {
            try SmallFile.read(large, sizeMax: 100)
        }
        #expect(throws: FileReadError(path: folder.path, reason: .notRegular)) {
            try SmallFile.read(folder.path, sizeMax: 100)
        }
        let fifo = folder.path + "/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        #expect(throws: FileReadError(path: fifo, reason: .notRegular)) { try SmallFile.read(fifo, sizeMax: 100) }
    }

    @Test(arguments: [0o600, 0o400, 0o700])
    func aSecretThatOnlyItsOwnerCanAccessIsRead(mode: mode_t) throws {
        let path = try folder.write("s3cret", to: "secret", mode: mode)
        try SmallFile.checkSecret(path)
        #expect(try SmallFile.readSecret(path) == Array("s3cret".utf8))
    }

    @Test(arguments: [0o640, 0o604, 0o610, 0o602])
    func aSecretThatOthersCanAccessIsRefused(mode: mode_t) throws {
        let path = try folder.write("s3cret", to: "secret", mode: mode)
        let error = #expect(throws: FileReadError.self) { try SmallFile.readSecret(path) }
        #expect(throws: FileReadError.self) { try SmallFile.checkSecret(path) }
        let digits = "0" + String(mode, radix: 8)
        #expect(error?.description == "refusing \(path): others can access it (mode \(digits))")
        #expect(error?.hint == "run: chmod 600 \(path)")
    }

    @Test func anEmptySecretIsRefused() throws {
        let path = try folder.write("", to: "secret")
        #expect(throws: FileReadError(path: path, reason: .empty)) { try SmallFile.readSecret(path) }
    }
}
