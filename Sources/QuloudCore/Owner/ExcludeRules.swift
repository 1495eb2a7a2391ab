/// Which paths a backup leaves out. A pattern without a slash is matched against every name, one with a slash against the
/// whole absolute path; `*` and `?` stay within a name, `**` crosses slashes.
package struct ExcludeRules: Sendable {
    private let names: [[UInt8]]
    private let paths: [[UInt8]]
    private let exact: Set<SystemPath>

    package init(patterns: [String], paths exact: [SystemPath] = []) {
        let slash = UInt8(ascii: "/")
        let all = patterns.filter { !$0.isEmpty }.map { Array($0.utf8) }
        names = all.filter { !$0.contains(slash) }
        paths = all.filter { $0.contains(slash) }
        self.exact = Set(exact)
    }

    package func excludes(_ path: SystemPath, name: [UInt8]) -> Bool {
        exact.contains(path) || names.contains { Self.matches($0[...], name[...]) }
            || paths.contains { Self.matches($0[...], path[...]) }
    }

    /// Each star remembers where to go on, so the cost is bounded by the product of the lengths.
    static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        let (star, question, slash) = (UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "/"))
        var p = pattern.startIndex
        var t = text.startIndex
        var retry: (pattern: Int, text: Int, crosses: Bool)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == star {
                let crosses = p + 1 < pattern.endIndex && pattern[p + 1] == star
                p += crosses ? 2 : 1
                retry = (p, t, crosses)
            } else if p < pattern.endIndex, pattern[p] == text[t] || (pattern[p] == question && text[t] != slash) {
                p += 1
                t += 1
            } else if let last = retry, last.crosses || text[last.text] != slash {
                retry = (last.pattern, last.text + 1, last.crosses)
                p = last.pattern
                t = last.text + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }
}
