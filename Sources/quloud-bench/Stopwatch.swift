import QuloudSystem

/// Takes times per item, several of each work, and keeps their medians.
struct Stopwatch {
    private var works: [(name: String, samples: [Double])] = []

    /// - Parameter body: does the work and returns how many items it was about.
    mutating func measure(_ work: String, _ body: () async throws -> Int) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let items = try await body()
        let took = start.duration(to: clock.now) / .microseconds(1)
        guard items > 0 else { return }
        if !works.contains(where: { $0.name == work }) { works.append((work, [])) }
        for index in works.indices where works[index].name == work {
            works[index].samples.append(took / Double(items))
        }
    }

    /// The works in the order in which they were first measured.
    var report: JSONValue {
        .array(
            works.map { name, samples in
                .object([
                    .init("work", .string(name)),
                    .init("microseconds", .number(samples.sorted()[samples.count / 2])),
                ])
            })
    }
}
