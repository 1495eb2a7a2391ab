import QuloudCore
import QuloudSQLite

/// The holder's side: what it asks of its index while it accepts, proves, reports and starts.
struct IndexWork {
    let path: String
    let chunks: Int

    private static let batch = 64

    func run(_ stopwatch: Stopwatch) async throws {
        let index = try await SQLiteChunkIndex.open(at: path)
        for first in stride(from: 0, to: chunks, by: 10_000) {
            try await index.commit((first..<min(first + 10_000, chunks)).map(Synthetic.holding))
        }
        try await accept(index, stopwatch)
        try await lookUp(index, stopwatch)
        for _ in 0..<101 {
            try await stopwatch.measure("status (index)") {
                _ = try await index.usage()
                return 1
            }
        }
        try await index.close()
        try await start(stopwatch)
    }

    private func accept(_ index: SQLiteChunkIndex, _ stopwatch: Stopwatch) async throws {
        for time in 0..<51 {
            let first = chunks + Self.batch * time
            let holdings = (first..<first + Self.batch).map(Synthetic.holding)
            try await stopwatch.measure(part: "accepting a chunk (index)") {
                _ = try await index.holdings(of: holdings.map(\.chunk))
                try await index.commit(holdings)
                return holdings.count
            }
        }
    }

    private func lookUp(_ index: SQLiteChunkIndex, _ stopwatch: Stopwatch) async throws {
        for time in 0..<51 {
            let asked = (0..<Self.batch).map { place in
                Synthetic.chunk(Int(Synthetic.mixed(UInt64(time * Self.batch + place)) % UInt64(chunks)))
            }
            try await stopwatch.measure(part: "looking up a chunk (index)") {
                let found = try await index.holdings(of: asked)
                guard found.count == Set(asked).count else {
                    throw WrongAnswer("\(found.count) of \(asked.count) held")
                }
                return asked.count
            }
        }
    }

    private func start(_ stopwatch: Stopwatch) async throws {
        for _ in 0..<31 {
            var opened: SQLiteChunkIndex?
            try await stopwatch.measure("start-up (index)") {
                let index = try await SQLiteChunkIndex.open(at: path)
                opened = index
                _ = try await index.holdings(after: nil, limit: 1)
                _ = try await index.expired(before: Synthetic.now, limit: 256)
                _ = try await index.usage()
                return 1
            }
            try await opened?.close()
        }
    }
}
