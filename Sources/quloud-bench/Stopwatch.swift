import QuloudSystem

/// Takes times per item, several of each work, and keeps their medians.
struct Stopwatch {
    private var lines: [(work: String, microseconds: Double)] = []

    /// - Parameter body: does the work once more and returns how many items it was about.
    mutating func measure(_ work: String, times: Int, _ body: (Int) async throws -> Int) async throws {
        let clock = ContinuousClock()
        var samples: [Double] = []
        for time in 0..<times {
            let start = clock.now
            let items = try await body(time)
            let took = start.duration(to: clock.now) / .microseconds(1)
            if items > 0 { samples.append(took / Double(items)) }
        }
        guard !samples.isEmpty else { return }
        lines.append((work, samples.sorted()[samples.count / 2]))
    }

    var report: JSONValue {
        .array(
            lines.map {
                .object([.init("work", .string($0.work)), .init("microseconds", .number($0.microseconds))])
            })
    }
}
