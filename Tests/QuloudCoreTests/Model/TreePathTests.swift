import QuloudTestKit
import Testing

@testable import QuloudCore

@Suite struct TreePathTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: ["", "a", "a/b", "a/.b", "a/..b", "...", "a/...", "a b/c\nd", "-", "ä/ö", "a\\b", "~", "C:"])
    func properPathsAreTaken(_ text: String) throws {
        let path = try #require(TreePath(Self.bytes(text)))
        #expect(path.bytes == Self.bytes(text))
        #expect(path.description == text)
    }

    @Test(arguments: [
        ".", "..", "/", "/a", "a/", "//", "a//b", "../a", "a/..", "a/../b", "a/.", "./a", "a/./b", "a\0b", "\0",
        "a/\0", "/..", "../../etc/passwd", "a/b/../../../c", "..//..",
    ])
    func pathsThatLeadElsewhereAreRefused(_ text: String) {
        #expect(TreePath(Self.bytes(text)) == nil)
    }

    @Test func pathsNeedNotBeUTF8() {
        #expect(TreePath([0xFF, 0xFE])?.bytes == [0xFF, 0xFE])
        #expect(TreePath([0xC0, 0xAE, 0xC0, 0xAE]) != nil, "overlong dots are only bytes to Linux")
    }

    @Test func longNamesAndPathsAreRefused() {
        let name = [UInt8](repeating: 0x61, count: Limits.nameSizeMax)
        #expect(TreePath(name) != nil)
        #expect(TreePath(name + [0x61]) == nil)
        let long = Array(repeating: [UInt8](repeating: 0x61, count: 1000), count: 70).joined(separator: [0x2F])
        #expect(TreePath(Array(long)) == nil)
        #expect(TreePath(name)?.appending(name + [0x61]) == nil)
    }

    @Test(arguments: ["", ".", "..", "a/b", "/", "\0", "a\0"])
    func onlyNamesAreAppended(_ name: String) {
        #expect(TreePath(Self.bytes("a"))?.appending(Self.bytes(name)) == nil)
        #expect(TreePath.base.appending(Self.bytes(name)) == nil)
    }

    @Test func pathsAreTakenApart() throws {
        let path = try #require(TreePath(Self.bytes("a/b/c")))
        #expect(path.names.map { Array($0) } == [[0x61], [0x62], [0x63]])
        #expect(Array(path.name) == [0x63])
        #expect(path.parent.description == "a/b")
        #expect(path.parent.parent.parent == .base)
        #expect(TreePath.base.parent == .base)
        #expect(TreePath.base.appending([0x61])?.appending([0x62])?.appending([0x63]) == path)
    }

    @Test func containmentGoesByNames() throws {
        let path = { (text: String) in try #require(TreePath(Self.bytes(text))) }
        #expect(try path("a/b").contains(path("a/b")))
        #expect(try path("a/b").contains(path("a/b/c")))
        #expect(try !path("a/b").contains(path("a/bc")))
        #expect(try !path("a/b").contains(path("a")))
        #expect(try TreePath.base.contains(path("a")))
    }

    @Test func theOrderIsThatOfAWalk() throws {
        // By bytes, "a!" and "a-b" come before "a/x"; in a walk, a directory is followed by what it holds.
        let walk = ["a", "a/x", "a/x/y", "a/z", "a!", "a-b", "a-b/c", "ab", "b"]
        let paths = try walk.map { try #require(TreePath(Self.bytes($0))) }
        let entropy = SeededEntropy(seed: 3)
        for _ in 0..<20 {
            var shuffled = paths
            for index in shuffled.indices { shuffled.swapAt(index, entropy.int(in: 0..<shuffled.count)) }
            #expect(shuffled.sorted() == paths)
        }
        for (index, path) in paths.enumerated() {
            #expect(!(path < path))
            for later in paths[(index + 1)...] { #expect(path < later && !(later < path)) }
        }
    }

    // MARK: Roots

    private func layout(_ paths: [String]) throws -> (String, [String]) {
        let (base, roots) = try Backup.layout(paths.map { Array($0.utf8) })
        return (String(decoding: base, as: UTF8.self), roots.map(\.description))
    }

    @Test func rootsShareTheDeepestFolder() throws {
        #expect(try layout(["/home/a"]) == ("/home", ["a"]))
        #expect(try layout(["/home/a", "/home/b"]) == ("/home", ["a", "b"]))
        #expect(try layout(["/home/a/x", "/home/b"]) == ("/home", ["a/x", "b"]))
        #expect(try layout(["/home/a/x", "/home/a/y"]) == ("/home/a", ["x", "y"]))
        #expect(try layout(["/srv", "/home/a"]) == ("", ["home/a", "srv"]))
        #expect(try layout(["/srv"]) == ("", ["srv"]))
    }

    @Test func aRootInsideAnotherIsTakenOnce() throws {
        #expect(try layout(["/home/a", "/home/a/b", "/home/a"]) == ("/home", ["a"]))
    }

    @Test(arguments: ["relative", "/a/../b", "/a//b", "/a/", ""])
    func otherRootsAreRefused(_ path: String) {
        #expect(throws: RootUnreadable.self) { try layout([path]) }
    }
}
