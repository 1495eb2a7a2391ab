import Testing

@testable import QuloudDaemon

@Suite struct TOMLDocumentTests {
    private func entries(_ text: String) throws -> [TOMLEntry] { try TOMLDocument.entries(of: Array(text.utf8)) }

    @Test func everyKindOfValueIsReadWithItsLine() throws {
        let text = """
            top = "a\\u0000é"
            [s]
            i = -9223372036854775808
            f = 1.5
            b = true
            t = 2024-01-01
            l = ["x", 2, []]
            n.m = 3
            "odd key" = 1
            """
        #expect(
            try entries(text) == [
                TOMLEntry(path: "top", value: .string("a\0é"), line: 1),
                TOMLEntry(path: "s", value: .table, line: 2),
                TOMLEntry(path: "s.i", value: .integer(.min), line: 3),
                TOMLEntry(path: "s.f", value: .number(1.5), line: 4),
                TOMLEntry(path: "s.b", value: .boolean(true), line: 5),
                TOMLEntry(path: "s.t", value: .time, line: 6),
                TOMLEntry(path: "s.l", value: .array([.string("x"), .integer(2), .array([])]), line: 7),
                TOMLEntry(path: "s.n", value: .table, line: 8),
                TOMLEntry(path: "s.n.m", value: .integer(3), line: 8),
                TOMLEntry(path: "s.\"odd key\"", value: .integer(1), line: 9),
            ])
    }

    @Test func anEmptyTextIsAnEmptyDocument() throws {
        #expect(try entries("").isEmpty)
        #expect(try TOMLDocument.entries(of: []).isEmpty)
    }

    @Test(arguments: [
        ("a = 1\nb = \n", 2), ("a = 1\n\n\na = 2\n", 4), ("[s\n", 1), ("a = \"\u{1}\"", 1),
        ("a = 99999999999999999999", 1),
        ("[a]\n[a]\n", 2), ("a = 1\n[\0", 2), ("[\0rde]", 1), ("# \u{7F}", 1),
    ])
    func whatIsNotTOMLIsRefusedWithItsLine(text: String, line: Int) {
        let error = #expect(throws: TOMLError.self) { try entries(text) }
        #expect(error?.line == line)
        #expect(error?.message.isEmpty == false)
    }

    @Test(arguments: ["[ = \"a\"\n", "[=]", "[[,", "[]"])
    func aHeaderWithoutAKeyIsRefused(text: String) {
        #expect(throws: TOMLError.self) { try entries(text) }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: TOMLError.self) { try TOMLDocument.entries(of: [0x61, 0x3D, 0x22, 0xFF, 0x22]) }
    }

    @Test(arguments: [
        "a = " + String(repeating: "[", count: 100_000),
        "a = " + String(repeating: "{a=", count: 50_000),
        "a" + String(repeating: ".a", count: 100_000) + " = 1",
        "[a" + String(repeating: ".a", count: 100_000) + "]",
    ])
    func deepNestingIsRefused(text: String) {
        #expect(throws: TOMLError.self) { try entries(text) }
    }
}
