import Testing

@testable import quloud

@Suite struct HelpTests {
    @Test(arguments: CommandDefinition.all.map(\.name))
    func everyHelpHasUsageExamplesAndAllOptions(name: String) throws {
        let definition = try #require(CommandDefinition.named(name))
        let help = HelpCommand.text(on: name)
        #expect(help.hasPrefix("Usage: quloud \(name)"))
        #expect(help.contains("\nExamples:\n  "))
        for option in definition.options + Option.global {
            let line = help.split(separator: "\n").first { line in
                line.hasPrefix("  --\(option.name) ") || line.hasPrefix("  --\(option.name), ")
            }
            let form = try #require(line, "--\(option.name) is missing")
            if let value = option.value { #expect(form.contains("--\(option.name) \(value)")) }
            if let letter = option.letter { #expect(form.contains(", -\(letter)")) }
        }
    }

    @Test(arguments: CommandDefinition.all.map(\.name))
    func helpMentionsNoOptionThatDoesNotExist(name: String) throws {
        let definition = try #require(CommandDefinition.named(name))
        let known = Set((definition.options + Option.global).map { "--" + $0.name })
        let listed = HelpCommand.text(on: name).split(separator: "\n").filter { $0.hasPrefix("  --") }
        for line in listed { #expect(known.contains(String(line.dropFirst(2).prefix { $0 != " " && $0 != "," }))) }
    }

    @Test func theListNamesEveryCommandAndExitCode() {
        let help = HelpCommand.text(on: nil)
        for definition in CommandDefinition.all {
            #expect(help.contains("\n  \(definition.name) "))
            #expect(help.contains(definition.summary))
        }
        for code in ExitCode.allCases { #expect(help.contains("\(code.rawValue) ")) }
    }

    @Test func linesFitATerminal() {
        for topic in [nil] + CommandDefinition.all.map(\.name) {
            for line in HelpCommand.text(on: topic).split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
        }
    }

    @Test(arguments: CommandDefinition.all.map(\.name))
    func everyExampleIsACommandLineThatParses(name: String) throws {
        let help = try #require(CommandDefinition.named(name)).help
        let examples = try #require(help.split(separator: "Examples:\n").last)
        for example in examples.split(separator: "\n") {
            guard let start = example.firstRange(of: "quloud ")?.upperBound else { continue }
            var words: [String] = []
            for (index, part) in example[start...].split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            {
                words += index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
            }
            #expect(throws: Never.self, "\(example)") { try CommandLineParser.parse(words).get() }
        }
    }
}
