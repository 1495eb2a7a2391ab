import QuloudDaemon
import QuloudSystem
import Testing

@Suite struct ConfigurationTests {
    static let paths = ConfigurationPaths(home: "/home/ada", workingDirectory: "/srv", isRoot: false)

    private func resolve(
        _ text: String? = nil, environment: [String: String] = [:], overrides: [ConfigurationOverride] = []
    ) throws(ConfigurationError) -> Configuration {
        let file = text.map { ConfigurationFile(name: "node.toml", directory: "/etc/quloud", bytes: Array($0.utf8)) }
        return try Configuration.resolve(
            file: file, environment: environment, overrides: overrides, paths: Self.paths)
    }

    private func problems(
        _ text: String? = nil, environment: [String: String] = [:], overrides: [ConfigurationOverride] = []
    ) -> [String] {
        do throws(ConfigurationError) {
            _ = try resolve(text, environment: environment, overrides: overrides)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    // MARK: - Valid

    @Test func defaultsNeedNothing() throws {
        var expected = Configuration()
        expected.node.dataDirectory = "/home/ada/.local/share/quloud"
        expected.holder.blobDirectory = "/home/ada/.local/share/quloud/blobs"
        #expect(try resolve() == expected)
        #expect(try resolve("") == expected)
    }

    @Test func rootKeepsItsDataInVar() throws {
        let paths = ConfigurationPaths(home: "/root", workingDirectory: "/", isRoot: true)
        #expect(try Configuration.resolve(paths: paths).node.dataDirectory == "/var/lib/quloud")
    }

    @Test func everyKindOfValueIsReadFromAFile() throws {
        let configuration = try resolve(
            """
            owner.quorum = 5
            [node]
            data_dir = "data"
            label = "Küche"
            [fabric]
            broker = ["tls://a.example:4222", "nats://[::1]"]
            user = "ada"
            password_file = "~/secret"
            connect_timeout = "2m"
            [holder]
            capacity = "1.5 TiB"
            reserve_free = 1000
            blob_dir = "/srv/blobs"
            allow_unsafe_filesystem = true
            [audit]
            cover_within = "12h"
            [log]
            level = "debug"
            [broker]
            data_in = "file"
            """)
        #expect(configuration.owner.quorum == 5)
        #expect(configuration.node.dataDirectory == "/etc/quloud/data")
        #expect(configuration.node.label == "Küche")
        #expect(configuration.fabric.broker == .urls(["tls://a.example:4222", "nats://[::1]"]))
        #expect(configuration.fabric.passwordFile == "/home/ada/secret")
        #expect(configuration.fabric.connectTimeout == .seconds(120))
        #expect(configuration.holder.capacity == 3 << 39)
        #expect(configuration.holder.reserveFree == 1000)
        #expect(configuration.holder.blobDirectory == "/srv/blobs")
        #expect(configuration.holder.allowUnsafeFilesystem)
        #expect(configuration.audit.coverWithin == .seconds(43_200))
        #expect(configuration.log.level == .debug)
        #expect(configuration.broker.dataIn == .file)
    }

    @Test func commandLineWinsOverEnvironmentWinsOverFile() throws {
        let file = "[owner]\nquorum = 2\nlease = \"2d\"\ncompression_level = 2\n"
        let environment = ["QULOUD_OWNER_QUORUM": "4", "QULOUD_OWNER_LEASE": "4d", "PATH": "/bin", "QULOUD_SEED": "1"]
        let flag = ConfigurationOverride(key: "owner.quorum", value: "6", flag: "--quorum")
        let configuration = try resolve(file, environment: environment, overrides: [flag])
        #expect(configuration.owner.quorum == 6)
        #expect(configuration.owner.lease == .seconds(4 * 86_400))
        #expect(configuration.owner.compressionLevel == 2)
    }

    @Test func environmentTakesEveryKindOfValue() throws {
        let configuration = try resolve(environment: [
            "QULOUD_FABRIC_BROKER": "nats://a:1,nats://b:2", "QULOUD_OWNER_EXCLUDES": "*.tmp,*.iso",
            "QULOUD_HOLDER_ENABLED": "false", "QULOUD_HOLDER_CAPACITY": "1 GiB", "QULOUD_NODE_DATA_DIR": "here",
            "QULOUD_LOG_FORMAT": "json",
        ])
        #expect(configuration.fabric.broker == .urls(["nats://a:1", "nats://b:2"]))
        #expect(configuration.owner.excludes == ["*.tmp", "*.iso"])
        #expect(!configuration.holder.enabled)
        #expect(configuration.holder.capacity == 1 << 30)
        #expect(configuration.node.dataDirectory == "/srv/here")
        #expect(configuration.log.format == .json)
    }

    @Test func aBrokerForOthersWithUserAndTLSIsFine() throws {
        let text = """
            [broker]
            listen = "0.0.0.0:4222"
            user = "fabric"
            password_file = "p"
            tls_cert_file = "c"
            tls_key_file = "k"
            """
        #expect(problems(text).isEmpty)
    }

    // MARK: - Invalid

    @Test(arguments: [
        (
            "[audit]\ncover_within = \"30x\"",
            "2: [audit] cover_within: \"30x\" is not a duration; write for example \"30d\""
        ),
        ("[audit]\ncover_within = 30", "2: [audit] cover_within: 30 is not a duration; write for example \"30d\""),
        ("[audit]\ngrace = \"0s\"", "2: [audit] grace: \"0s\" is out of range; allowed are 1s to 365d"),
        ("[audit]\ngrace = \"1m\"", "2: [audit] grace: 1m is less than retry_after, which is 15m"),
        ("[holder]\ncapacity = \"lots\"", "2: [holder] capacity: \"lots\" is not a size; write for example \"20 GiB\""),
        ("[holder]\ncapacity = true", "2: [holder] capacity: true is not a size; write for example \"20 GiB\""),
        ("[holder]\ncapacity = -1", "2: [holder] capacity: -1 B is out of range; allowed are 0 B to 1048576 TiB"),
        ("[holder]\nenabled = \"yes\"", "2: [holder] enabled: \"yes\" is not true or false"),
        ("[holder]\ncapcity = 1", "2: [holder] capcity: unknown key; did you mean \"capacity\"?"),
        ("[holder]\nquorum = 1", "2: [holder] quorum: unknown key; did you mean [owner] quorum?"),
        ("[holder]\nzzzzzzzz = 1", "2: [holder] zzzzzzzz: unknown key"),
        ("\nquorum = 1", "2: quorum: unknown key; did you mean [owner] quorum?"),
        ("[holdr]\na = 1\nb = 2", "1: [holdr]: unknown section; did you mean [holder]?"),
        ("owner = 1", "1: [owner] is a section; write it on a line of its own"),
        ("[[owner]]\nquorum = 1", "1: [owner] is a section; write it on a line of its own"),
        ("[owner]\nquorum = 9", "2: [owner] quorum: 9 is out of range; allowed are 1 to 8"),
        ("[owner]\nquorum = \"3\"", "2: [owner] quorum: \"3\" is not a whole number"),
        ("[owner]\nquorum = 3.0", "2: [owner] quorum: 3.0 is not a whole number"),
        ("[owner.quorum]\na = 1", "1: [owner] quorum: a table is not a whole number"),
        ("[owner]\nchunking = \"rolling\"", "2: [owner] chunking: \"rolling\" is not one of \"content\", \"fixed\""),
        ("[owner]\nchunking = 1", "2: [owner] chunking: 1 is not a string"),
        (
            "[owner]\nexcludes = \"*\"",
            "2: [owner] excludes: \"*\" is not a list; write for example [\"*.tmp\", \"*.iso\"]"
        ),
        ("[owner]\nexcludes = [\"*\", 2]", "2: [owner] excludes: 2 in the list is not a string"),
        ("[owner]\nexcludes = [\"\"]", "2: [owner] excludes: \"\" is not a pattern"),
        ("[node]\ndata_dir = \"\"", "2: [node] data_dir: must not be empty"),
        (
            "[node]\ndata_dir = \"~bob/q\"",
            "2: [node] data_dir: \"~bob/q\" starts with \"~\", which stands for the home folder only as \"~/\""
        ),
        ("[node]\nlabel = \"a\\nb\"", "2: [node] label: \"a\\nb\" contains control characters"),
        (
            "[fabric]\nbroker = \"nas\"",
            "2: [fabric] broker: \"nas\" is neither \"embedded\" nor an address; write for example \"nats://nas.example:4222\""
        ),
        (
            "[fabric]\nbroker = \"tls://:4222\"",
            "2: [fabric] broker: \"tls://:4222\" is not the address of a broker; write for example \"tls://nas.example:4222\""
        ),
        (
            "[fabric]\nbroker = \"nats://ada:hunter2@nas\"",
            "2: [fabric] broker: an address must not hold a user or a password; use user and password_file"
        ),
        ("[fabric]\nbroker = []", "2: [fabric] broker: names no broker; write \"embedded\" or an address"),
        (
            "[fabric]\nbroker = [\"embedded\", \"nats://a\"]",
            "2: [fabric] broker: \"embedded\" cannot stand beside other addresses"
        ),
        ("[fabric]\nbroker = 4222", "2: [fabric] broker: 4222 is neither a string nor a list of strings"),
        ("[fabric]\nuser = \"ada\"", "2: [fabric] user: password_file has to be set as well"),
        ("[fabric]\ntls_key_file = \"k\"", "2: [fabric] tls_key_file: tls_cert_file has to be set as well"),
        (
            "[fabric]\ntoken_file = \"t\"\nnkey_seed_file = \"n\"",
            "3: [fabric] token_file and nkey_seed_file are different ways to log in; keep one"
        ),
        (
            "[broker]\nlisten = \"4222\"",
            "2: [broker] listen: \"4222\" is not an address and port; write for example \"127.0.0.1:0\""
        ),
        (
            "[broker]\nlisten = \"0.0.0.0:4222\"\nuser = \"a\"\npassword_file = \"p\"",
            "2: [broker] listen: other machines reach \"0.0.0.0:4222\"; set tls_cert_file, tls_key_file as well"
        ),
        (
            "[fabric]\nbroker = \"nats://a\"\n[holder]\nenabled = false\n[owner]\nenabled = false",
            "4: [holder] enabled: the node is neither owner nor holder, and the broker is elsewhere; enable one role"
        ),
    ])
    func wrongFilesAreRefusedWithLineAndReason(text: String, message: String) {
        #expect(problems(text) == ["node.toml:" + message])
    }

    @Test func allProblemsAreReportedTogether() {
        let text = "[holder]\ncapcity = 1\n[owner]\nquorum = 9\n"
        let found = problems(
            text, environment: ["QULOUD_OWNER_QUORM": "1", "QULOUD_AUDIT_GRACE": "soon", "QULOUD_FABRIC_BROKER": ""],
            overrides: [ConfigurationOverride(key: "owner.quorum", value: "many", flag: "--quorum")])
        #expect(
            found == [
                "node.toml:2: [holder] capcity: unknown key; did you mean \"capacity\"?",
                "node.toml:4: [owner] quorum: 9 is out of range; allowed are 1 to 8",
                "QULOUD_AUDIT_GRACE: \"soon\" is not a duration; write for example \"30d\"",
                "QULOUD_FABRIC_BROKER: names no broker; write \"embedded\" or an address",
                "QULOUD_OWNER_QUORM: unknown variable; did you mean QULOUD_OWNER_QUORUM?",
                "--quorum: \"many\" is not a whole number",
            ])
    }

    @Test func whatIsNotTOMLIsNamedWithItsLine() {
        let found = problems("[owner]\nquorum = = 3\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("node.toml:2: not valid TOML: ") == true)
    }

    @Test func aPasswordInAnAddressIsNeverRepeated() {
        for url in ["nats://ada:hunter2@nas", "hunter2@nas", "http://:hunter2@nas:1"] {
            #expect(!problems(environment: ["QULOUD_FABRIC_BROKER": url]).joined().contains("hunter2"))
            #expect(!problems("[fabric]\nbroker = [\"\(url)\"]").joined().contains("hunter2"))
        }
    }
}
