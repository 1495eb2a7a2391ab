import QuloudSystem

/// Takes times per item, several of each work, and keeps their medians.
final class Stopwatch {
    private struct Work {
        let name: String
        /// Whether it is a whole piece of work, whose growth is bounded, or a part of one, which is shown beside it.
        let isWhole: Bool
        var samples: [Double] = []
    }

    private var works: [Work] = []

    /// - Parameter body: does the work and returns how many items it was about.
    func measure(_ work: String, _ body: () async throws -> Int) async throws {
        try await measure(work, isWhole: true, body)
    }

    /// The same for a part of a work.
    func measure(part: String, _ body: () async throws -> Int) async throws {
        try await measure(part, isWhole: false, body)
    }

    private func measure(_ name: String, isWhole: Bool, _ body: () async throws -> Int) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let items = try await body()
        let took = start.duration(to: clock.now) / .microseconds(1)
        guard items > 0 else { return }
        if !works.contains(where: { $0.name == name }) { works.append(Work(name: name, isWhole: isWhole)) }
        for index in works.indices where works[index].name == name {
            works[index].samples.append(took / Double(items))
        }
    }

    /// Whole works first, each kind in the order in which it was first measured.
    var report: JSONValue {
        let ordered = works.filter(\.isWhole) + works.filter { !$0.isWhole }
        return .array(ordered.map(Self.report))
    }

    private static func report(_ work: Work) -> JSONValue {
        .object([
            .init("work", .string(work.name)), .init("isWhole", .bool(work.isWhole)),
            .init("microseconds", .number(work.samples.sorted()[work.samples.count / 2])),
        ])
    }
}
