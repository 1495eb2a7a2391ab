import Dispatch
import Glibc
import QuloudSimulation
import QuloudSystem

/// `quloud-simulate`: runs worlds by their seeds. The work is done in child processes, one for each core, whose
/// dictionaries have an order that the next run repeats.
@main
enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "--worker" { exit(Worker.run(Array(arguments.dropFirst()))) }
        guard let request = Request(arguments) else {
            StandardStream.error.write(Request.usage)
            exit(arguments.contains("--help") || arguments.contains("-h") ? 0 : 2)
        }
        Task { exit(await Supervisor(request).run()) }
        dispatchMain()
    }
}
