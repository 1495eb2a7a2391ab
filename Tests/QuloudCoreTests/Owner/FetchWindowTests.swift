import Testing

@testable import QuloudCore

struct FetchWindowTests {
    @Test func itWidensWhileChunksComeSoonAndNarrowsWhileTheyAreLate() {
        var window = FetchWindow()
        #expect(window.width == 6)
        for _ in 0..<100 { window.note(.milliseconds(20)) }
        #expect(window.width == 20)
        for _ in 0..<3 { window.note(.seconds(2)) }
        #expect(window.width == 20)
        for _ in 0..<3 { window.note(.seconds(8)) }
        #expect(window.width == 17)
        for _ in 0..<100 { window.note(.seconds(8)) }
        #expect(window.width == 4)
    }

    /// Chunks share the link, so each takes as long as all that are under way.
    @Test(arguments: [(100, 20), (6, 9), (1.2, 5), (0.2, 4)])
    func theLinkSettlesIt(megabytesPerSecond: Double, width: Int) {
        var window = FetchWindow()
        for _ in 0..<100 { window.note(.seconds(Double(window.width) * 0.7 / megabytesPerSecond)) }
        #expect(window.width == width)
    }
}
