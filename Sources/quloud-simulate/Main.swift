import Dispatch
import Glibc
import QuloudSimulation
import QuloudSystem

/// `quloud-simulate`: runs worlds by their seeds. The work is done in child processes, one for each core, whose
/// dictionaries have an order that the next run repeats.
@main
enum Main {
    static func main() {
        start(Array(CommandLine.arguments.dropFirst()))
        // Ends this thread: what its stack still held would be lost for good, which the address sanitizer reports.
        dispatchMain()
    }

    private static func start(_ arguments: [String]) {
        if arguments.first == "--worker" { exit(Worker.run(Array(arguments.dropFirst()))) }
        guard let request = Request(arguments) else {
            StandardStream.error.write(Request.usage)
            exit(arguments.contains("--help") || arguments.contains("-h") ? 0 : 2)
        }
        Task { exit(await Supervisor(request).run()) }
    }
}
