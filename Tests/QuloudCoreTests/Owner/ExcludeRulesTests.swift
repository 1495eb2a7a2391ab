import Testing

@testable import QuloudCore

@Suite struct ExcludeRulesTests {
    private func excludes(_ pattern: String, _ path: String) -> Bool {
        let bytes = Array(path.utf8)
        let name = Array(bytes[((bytes.lastIndex(of: 0x2F) ?? -1) + 1)...])
        return ExcludeRules(patterns: [pattern]).excludes(bytes, name: name)
    }

    @Test(arguments: [
        ("*.tmp", "/a/b.tmp"), ("cache", "/x/cache"), ("?at", "/cat"), ("*", "/anything"), ("a*b*c", "/aXXbYYc"),
        ("/a/b", "/a/b"), ("/a/*", "/a/b"), ("/a/**", "/a/b/c"), ("**/node_modules", "/x/y/node_modules"),
        ("/a/**/z", "/a/b/c/z"), ("/a/*/c", "/a/b/c"), ("*.t?p", "/x.tmp"), ("a**", "/abc"), ("/a/b*", "/a/b"),
        ("a", "/a"), ("**", "/a/b"), ("*~", "/notes~"),
    ])
    func matches(pattern: String, path: String) { #expect(excludes(pattern, path)) }

    @Test(arguments: [
        ("*.tmp", "/a/b.tmpx"), ("cache", "/x/cached"), ("?at", "/at"), ("/a/*", "/a/b/c"), ("/a/b", "/a/b/c"),
        ("/a/b", "/x/a/b"), ("a*b", "/a"), ("", "/a"), ("/a/?", "/a/bc"), ("/a?b", "/a/b"), ("A", "/a"),
        ("[ab]", "/a"), ("*.tmp", "/b.tmp/keep"),
    ])
    func leavesIn(pattern: String, path: String) { #expect(!excludes(pattern, path)) }

    @Test func exactPathsAreExcluded() {
        let rules = ExcludeRules(patterns: [], paths: [Array("/var/quloud".utf8)])
        #expect(rules.excludes(Array("/var/quloud".utf8), name: Array("quloud".utf8)))
        #expect(!rules.excludes(Array("/var/quloud2".utf8), name: Array("quloud2".utf8)))
    }

    @Test func namesNeedNotBeUTF8() {
        let rules = ExcludeRules(patterns: ["*.bak"])
        let name: [UInt8] = [0xFF, 0xFE] + Array(".bak".utf8)
        #expect(rules.excludes([0x2F] + name, name: name))
    }

    @Test func hostilePatternsTakeNoTime() {
        let pattern = String(repeating: "a*", count: 200) + "b"
        let name = [UInt8](repeating: 0x61, count: 4000)
        #expect(!ExcludeRules(patterns: [pattern]).excludes([0x2F] + name, name: name))
    }

    @Test func aDoubleStarAfterAStarStillCrosses() {
        // A star that stays within a name must not take the place of one that crosses slashes before it.
        #expect(excludes("/**/*.tmp", "/a/b/c.tmp"))
        #expect(excludes("/**/x*y", "/a/xq/b/xzy"))
    }
}
