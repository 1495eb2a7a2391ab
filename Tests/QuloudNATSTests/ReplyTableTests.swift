import QuloudSystem
import Testing

@testable import QuloudNATS

@Suite struct ReplyTableTests {
    @Test func tokensCannotBeGuessedFromEarlierOnes() {
        let table = ReplyTable(sweeper: DeadlineSweeper(label: "quloud.test"))
        let tokens = (0..<1000).map { _ in table.makeToken() }
        #expect(Set(tokens).count == tokens.count)
        let steps = Set(zip(tokens, tokens.dropFirst()).map { $1 &- $0 })
        #expect(steps.count > 990)
        // All 64 bits take part.
        #expect(tokens.reduce(0, |) == .max && tokens.reduce(.max, &) == 0)
    }
}
