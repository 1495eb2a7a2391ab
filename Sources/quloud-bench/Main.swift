import Glibc
import QuloudSystem

/// Fills catalog and index with made-up records through the real adapters, and prints as JSON what single pieces of work
/// cost then. scripts/bench compares the numbers for more and more chunks.
@main
struct Main {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        guard words.count == 2, let folder = words.first, let chunks = words.last.flatMap(Int.init), chunks >= 1000
        else {
            StandardStream.error.write("Usage: quloud-bench FOLDER CHUNKS   (an empty folder, 1000 chunks or more)\n")
            exit(2)
        }
        do {
            let stopwatch = Stopwatch()
            try await CatalogWork(path: folder + "/catalog.sqlite", chunks: chunks).run(stopwatch)
            try await IndexWork(path: folder + "/index.sqlite", chunks: chunks).run(stopwatch)
            let report = JSONValue.object([.init("chunks", .integer(chunks)), .init("perItem", stopwatch.report)])
            StandardStream.output.write(report.text + "\n")
        } catch {
            StandardStream.error.write("error: \(error)\n")
            exit(1)
        }
    }
}
