import QuloudDaemon
import Testing

@testable import quloud

@Suite struct CommandLineParserTests {
    private func command(_ line: String) throws -> Command { try CommandLineParser.parse(words(line)).get().command }

    /// Words between spaces; `_` inside stands for a space.
    private func words(_ line: String) -> [String] {
        line.split(separator: " ").map { String($0).split(separator: "_").joined(separator: " ") }
    }

    @Test(arguments: [
        ("init", Command.initialize(InitCommand())),
        (
            "init --data-dir /d --broker=tls://nas:4222 --quorum 2 --force --no-owner",
            .initialize(
                InitCommand(dataDirectory: "/d", broker: "tls://nas:4222", quorum: 2, owner: false, force: true))
        ),
        ("init --no-holder --listen 0.0.0.0:4222", .initialize(InitCommand(listen: "0.0.0.0:4222", holder: false))),
        (
            "init --no-holder --no-owner --broker embedded",
            .initialize(InitCommand(broker: "embedded", owner: false, holder: false))
        ),
        ("recover", .recover(RecoverCommand())),
        ("recover --words-file -", .recover(RecoverCommand(words: .standardInput))),
        (
            "recover --words-file w --broker nats://nas --data-dir d",
            .recover(RecoverCommand(words: .file("w"), dataDirectory: "d", broker: "nats://nas"))
        ),
        ("node", .node(NodeCommand())),
        ("backup a b", .backup(BackupCommand(paths: ["a", "b"]))),
        (
            "backup --label a_b --exclude *.tmp a --exclude=x=y --chunking fixed",
            .backup(BackupCommand(paths: ["a"], label: "a b", excludes: ["*.tmp", "x=y"], chunking: .fixed))
        ),
        ("backup -- --odd -x", .backup(BackupCommand(paths: ["--odd", "-x"]))),
        ("backup a -- -- b", .backup(BackupCommand(paths: ["a", "--", "b"]))),
        ("snapshots", .snapshots(SnapshotsCommand())),
        ("ls latest", .list(ListCommand(snapshot: .latest))),
        ("ls -l 3f9c a/b", .list(ListCommand(snapshot: .id("3f9c"), path: "a/b", long: true))),
        ("restore latest --to d", .restore(RestoreCommand(snapshot: .latest, to: "d"))),
        (
            "--to=d --overwrite restore 3f a b",
            .restore(RestoreCommand(snapshot: .id("3f"), paths: ["a", "b"], to: "d", overwrite: true))
        ),
        ("audit", .audit(AuditCommand())),
        ("audit --all --node 8b", .audit(AuditCommand(node: "8b"))),
        ("audit --sample 460 --chunk 1f", .audit(AuditCommand(scope: .sample(460), chunk: "1f"))),
        ("heal", .heal(HealCommand())),
        ("status", .status(StatusCommand())),
        ("doctor", .doctor(DoctorCommand())),
        ("version", .version(VersionCommand())),
        ("--version", .version(VersionCommand())),
        ("help", .help(HelpCommand(topic: nil))),
        ("help restore", .help(HelpCommand(topic: "restore"))),
        ("--help", .help(HelpCommand(topic: nil))),
        ("restore -h", .help(HelpCommand(topic: "restore"))),
        ("-h restore --overwrite", .help(HelpCommand(topic: "restore"))),
    ])
    func commandsAreUnderstood(line: String, expected: Command) throws {
        #expect(try command(line) == expected)
    }

    @Test(arguments: [
        ("status", GlobalOptions()),
        ("status --config f --json -vv --verbose", GlobalOptions(config: "f", json: true, verbosity: 3)),
        ("-cf -q status", GlobalOptions(config: "f", quiet: true)),
        ("-c f status", GlobalOptions(config: "f")),
        ("-qc=f status", GlobalOptions(config: "f", quiet: true)),
        ("status -vcf", GlobalOptions(config: "f", verbosity: 1)),
    ])
    func globalOptionsMayStandAnywhere(line: String, expected: GlobalOptions) throws {
        #expect(try CommandLineParser.parse(words(line)).get().options == expected)
    }

    @Test(arguments: [
        ("", "no command given", "quloud help lists the commands"),
        ("--json", "no command given", "quloud help lists the commands"),
        ("bakcup x", "unknown command \"bakcup\"", "did you mean \"backup\"?"),
        ("frobnicate", "unknown command \"frobnicate\"", "quloud help lists the commands"),
        ("help bakcup", "unknown command \"bakcup\"", "did you mean \"backup\"?"),
        ("backup", "backup needs PATH", "quloud help backup shows how to call it"),
        ("restore", "restore needs SNAPSHOT", "quloud help restore shows how to call it"),
        ("restore latest", "restore needs --to", "add --to DIR"),
        ("restore latest --to", "--to needs a value", "write --to DIR"),
        ("restore latest --to --overwrite", "--to needs a value", "write --to DIR"),
        ("restore latest --to=", "--to needs a value", "write --to DIR"),
        ("restore latest --to a --to b", "--to is given more than once", "keep one of them"),
        ("restore latest --overwite --to a", "unknown option --overwite", "did you mean --overwrite?"),
        ("restore latest --zzzz", "unknown option --zzzz", "quloud help restore shows the options"),
        ("--zzzz", "unknown option --zzzz", "quloud help shows the options"),
        ("status -x", "unknown option -x", "quloud help status shows the options"),
        ("status --quorum 3", "status has no option --quorum", "quloud help status shows the options"),
        ("status -l", "status has no option --long", "quloud help status shows the options"),
        ("status --json=yes", "--json takes no value", "write only --json"),
        ("status --json --json", "--json is given more than once", "keep one of them"),
        ("status -q -v", "--quiet and --verbose exclude each other", "keep one of them"),
        ("status now", "status does not take \"now\"", "quloud help status shows how to call it"),
        ("ls latest a b", "ls does not take \"b\"", "quloud help ls shows how to call it"),
        ("init --quorum 9", "--quorum: 9 is out of range; allowed are 1 to 8", "quloud help init shows how to call it"),
        ("init --quorum three", "--quorum: \"three\" is not a whole number", "quloud help init shows how to call it"),
        (
            "init --broker nas",
            "--broker: \"nas\" is neither \"embedded\" nor an address; write for example \"nats://nas.example:4222\"",
            "quloud help init shows how to call it"
        ),
        (
            "init --broker nats://a --listen 127.0.0.1:1",
            "--listen is for the embedded broker, but --broker names another one", "drop one of them"
        ),
        (
            "init --broker nats://a --no-owner --no-holder", "--no-owner and --no-holder leave the node nothing to do",
            "drop one of them"
        ),
        (
            "backup a --chunking rolling", "--chunking: \"rolling\" is not one of \"content\", \"fixed\"",
            "quloud help backup shows how to call it"
        ),
        (
            "audit --sample 0", "--sample: \"0\" is not a number from 1 to 1000000000",
            "quloud help audit shows how to call it"
        ),
        ("audit --all --sample 5", "--all and --sample exclude each other", "keep one of them"),
        ("status --version", "status has no option --version", "quloud help status shows the options"),
    ])
    func wrongCommandLinesAreRefusedWithAHint(line: String, message: String, hint: String) {
        #expect(CommandLineParser.parse(words(line)) == .failure(UsageError(message, hint: hint)))
    }

    @Test func emptyArgumentsAreRefused() {
        let expected = UsageError("backup: PATH is empty", hint: "quloud help backup shows how to call it")
        #expect(CommandLineParser.parse(["backup", "a", ""]) == .failure(expected))
    }

    @Test func oneOptionNameMeansTheSameInEveryCommand() {
        for option in WordScanner.options {
            let others = WordScanner.options.filter { $0.name == option.name }
            #expect(
                others.allSatisfy { ($0.value == nil) == (option.value == nil) && $0.letter == option.letter },
                "--\(option.name)")
            let sameLetter = WordScanner.options.filter { $0.letter != nil && $0.letter == option.letter }
            #expect(sameLetter.allSatisfy { $0.name == option.name }, "--\(option.name)")
        }
    }

    @Test func settingsOfInitBecomeOverrides() throws {
        guard case .initialize(let command) = try command("init --quorum 2 --no-holder --data-dir d") else {
            Issue.record("not init")
            return
        }
        let paths = ConfigurationPaths(home: "/h", workingDirectory: "/w", isRoot: false)
        let configuration = try Configuration.resolve(overrides: command.overrides, paths: paths)
        #expect(configuration.owner.quorum == 2)
        #expect(!configuration.holder.enabled)
        #expect(configuration.node.dataDirectory == "/w/d")
    }
}
