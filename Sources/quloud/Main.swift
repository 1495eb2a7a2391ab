import Glibc
import QuloudDaemon
import QuloudSystem

@main
struct Main {
    static func main() async {
        Allocator.reusesFreedMemory()
        QuloudNode.harden()
        Signals.ignoreBrokenPipes()
        let words = Array(CommandLine.arguments.dropFirst())
        let code: ExitCode
        switch CommandLineParser.parse(words) {
        case .success(let invocation):
            do {
                code = try await dispatch(invocation)
            } catch {
                code = report(Failure(error), invocation.options)
            }
        case .failure(let error):
            // The command line could not be read, but how to answer mostly can.
            let json = words.prefix { $0 != "--" }.contains("--json")
            code = report(Failure(error), GlobalOptions(json: json))
        }
        exit(code.rawValue)
    }

    private static func report(_ failure: Failure, _ options: GlobalOptions) -> ExitCode {
        Output(options).failure(failure)
        return failure.code
    }
}
