import QuloudDaemon
import Testing

@testable import quloud

@Suite struct SessionTests {
    private func session(
        _ options: GlobalOptions = GlobalOptions(), isRoot: Bool = false, environment: [String: String] = [:]
    ) -> Session {
        // Folders that do not exist.
        let paths = ConfigurationPaths(home: "/nowhere/home", workingDirectory: "/nowhere/here", isRoot: isRoot)
        return Session(
            Output(options) { _ in
            } error: { _ in
            }, environment: environment, paths: paths)
    }

    @Test(arguments: [
        ("/a", "/a"), ("a", "/nowhere/here/a"), ("./a/./b/", "/nowhere/here/a/b"), (".", "/nowhere/here"),
        ("../x", "/nowhere/here/../x"), ("/", "/"), ("~", "/nowhere/here/~"), ("//a//b", "/a/b"),
    ])
    func pathsStartAtTheWorkingDirectory(path: String, absolute: String) {
        #expect(session().absolute(path) == absolute)
    }

    @Test func aNamedConfigurationThatIsMissingMeansNoNode() {
        let session = session(GlobalOptions(config: "n.toml"))
        let failure = #expect(throws: Failure.self) { try session.existingNode() }
        #expect(failure?.code == .notFound)
        #expect(failure?.messages == ["there is no node here: /nowhere/here/n.toml does not exist"])
        #expect(failure?.hint?.contains("quloud init --config /nowhere/here/n.toml") == true)
    }

    @Test func aNewNodeIsMadeWhereItIsNamedOrInTheUsualPlace() throws {
        func file(_ session: Session) throws -> String { try session.newNode(overriding: [], replacing: false).file }
        #expect(try file(session()) == "/nowhere/home/.config/quloud/node.toml")
        #expect(try file(session(isRoot: true)) == "/etc/quloud/node.toml")
        #expect(try file(session(GlobalOptions(config: "x.toml"))) == "/nowhere/here/x.toml")
        #expect(try file(session(environment: ["QULOUD_CONFIG": "/c.toml"])) == "/c.toml")
    }

    @Test func overridesReachTheConfigurationOfANewNode() throws {
        let quorum = ConfigurationOverride(key: "owner.quorum", value: "2", flag: "--quorum")
        let session = session(GlobalOptions(config: "x.toml"))
        #expect(try session.newNode(overriding: [quorum], replacing: true).configuration.owner.quorum == 2)
        #expect(try session.nodeToBe(overriding: [quorum]).configuration.owner.quorum == 2)
    }

    @Test func commandsToTypeNameTheConfigurationWhenItIsNotFoundByItself() {
        #expect(session().flag(for: "/c.toml") == " --config /c.toml")
        #expect(session(environment: ["QULOUD_CONFIG": "/c.toml"]).flag(for: "/c.toml") == "")
    }

    @Test func aNewOwnerSeesWordsAndWhatToDoNext() {
        let node = NewNode(configuration: "/c", dataDirectory: "/d", words: ["zoo", "able"])
        let text = node.text(flag: " --config /c")
        #expect(text.hasPrefix("configuration   /c\ndata directory  /d\n\nYour 24 recovery words:\n\n   1. zoo   "))
        #expect(text.contains("without them nobody can"))
        #expect(
            text.hasSuffix(
                """

                Next:
                  quloud node --config /c           run the node
                  quloud backup FOLDER --config /c  make the first backup

                """))
        let holder = NewNode(configuration: "/c", dataDirectory: "/d", words: nil)
        #expect(
            holder.text(flag: "") == "configuration   /c\ndata directory  /d\n\nNext:\n  quloud node  run the node\n")
    }
}
