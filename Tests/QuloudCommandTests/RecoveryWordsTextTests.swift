import QuloudDaemon
import QuloudSystem
import Testing

@testable import quloud

@Suite struct RecoveryWordsTextTests {
    private let words = (0..<23).map { _ in "abandon" } + ["art"]

    private func next(_ answers: inout ArraySlice<String>) throws -> String {
        guard let answer = answers.popFirst() else { throw TerminalError.ended }
        return answer
    }

    @Test func theGridIsNumberedFourInARow() {
        let grid = RecoveryWordsText.grid(["zoo"] + words.dropFirst())
        let lines = grid.split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines[0] == "   1. zoo       2. abandon   3. abandon   4. abandon")
        #expect(lines[5] == "  21. abandon  22. abandon  23. abandon  24. art")
        #expect(RecoveryWordsText.grid([]) == "")
    }

    @Test func theGridReadsBack() {
        #expect(TypedWords.parse(RecoveryWordsText.grid(words)) == words)
    }

    @Test func spacesCaseAndNumbersDoNotMatter() {
        #expect(
            TypedWords.parse("  Zoo\tABLE\r\n\n 3.art 4) cat 5 dog, eel ") == [
                "zoo", "able", "art", "cat", "dog", "eel",
            ])
        #expect(TypedWords.parse(" \n") == [])
    }

    @Test func theTerminalIsAskedUntilThereAreAllWords() throws {
        var answers = [words[..<5].joined(separator: " "), "", words[5...].joined(separator: " ")][...]
        var questions: [String] = []
        let got = try WordsInput.asking { question in
            questions.append(question)
            return try next(&answers)
        }
        #expect(got == words)
        #expect(questions.map { $0.contains("word 1 ") } == [true, false, false])
        #expect(questions[2] == "recovery words, from word 6 on: ")
    }

    @Test func aWordThatIsNoneIsAskedForAgain() throws {
        var wrong = words
        wrong[2] = "abandn"
        var answers = [wrong.joined(separator: " "), "two words", "abandon"][...]
        var questions: [String] = []
        let got = try WordsInput.asking { question in
            questions.append(question)
            return try next(&answers)
        }
        #expect(got == words)
        #expect(questions.count == 3)
        #expect(questions.dropFirst().allSatisfy { $0.hasPrefix("word 3 is not in the list (abandon") })
    }

    @Test func tooManyWordsAreLeftToTheNode() throws {
        let many = words + ["art"]
        #expect(try WordsInput.asking { _ in many.joined(separator: " ") } == many)
    }
}
