/// How many chunks are fetched at a time: more while they come soon, so that several holders are kept busy, and fewer while
/// they come late, so that on a slow link what is under way does not hold up itself beyond its timeouts.
struct FetchWindow: Equatable {
    private(set) var width = 6
    private static let widths = 4...20
    private static let soon: Duration = .seconds(1)
    private static let late: Duration = .seconds(3)

    /// - Parameter took: from the question to the opened chunk.
    mutating func note(_ took: Duration) {
        if took < Self.soon { width += 1 } else if took > Self.late { width -= 1 }
        width = min(max(width, Self.widths.lowerBound), Self.widths.upperBound)
    }
}
