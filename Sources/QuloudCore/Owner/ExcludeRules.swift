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

    /// Each kind of star remembers where to go on: what stays within a name gives up at a slash, and then the last one that
    /// crosses takes over. So the cost is bounded.
    static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        let (star, question, slash) = (UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "/"))
        var p = pattern.startIndex
        var t = text.startIndex
        var within: (pattern: Int, text: Int)?
        var crossing: (pattern: Int, text: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == star {
                if p + 1 < pattern.endIndex, pattern[p + 1] == star {
                    p += 2
                    (within, crossing) = (nil, (p, t))
                } else {
                    p += 1
                    within = (p, t)
                }
            } else if p < pattern.endIndex, pattern[p] == text[t] || (pattern[p] == question && text[t] != slash) {
                p += 1
                t += 1
            } else if let last = within, text[last.text] != slash {
                (p, t) = (last.pattern, last.text + 1)
                within = (p, t)
            } else if let last = crossing {
                (p, t) = (last.pattern, last.text + 1)
                (within, crossing) = (nil, (p, t))
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }
}
