import Testing

@testable import QuloudCrypto

@Suite struct WordListTests {
    /// The digest of the list as published, one word per line.
    @Test func theListIsThePublishedOne() {
        #expect(WordList.words.count == 2048)
        #expect(WordList.words == WordList.words.sorted())
        let lines = WordList.words.map { $0 + "\n" }.joined()
        #expect(
            SHA256.hash(Array(lines.utf8)).hex == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda")
    }

    @Test func everyWordIsFoundWhereItStands() {
        for (index, word) in WordList.words.enumerated() { #expect(WordList.index(of: word) == index) }
        #expect(WordList.index(of: "") == nil)
        #expect(WordList.index(of: "zzz") == nil)
    }

    @Test(arguments: [
        ("zoo", "zoo", 0), ("", "zoo", 3), ("act", "cat", 1), ("absrd", "absurd", 1), ("kitten", "sitting", 3),
    ])
    func editDistanceCountsEdits(from: String, to: String, edits: Int) {
        #expect(WordList.editDistance(Array(from.utf8), Array(to.utf8)) == edits)
    }
}
