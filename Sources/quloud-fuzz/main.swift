import Glibc
import QuloudForeignBytes

// quloud-fuzz list                       the names of the parsers
// quloud-fuzz samples NAME FOLDER        writes the inputs that mutation starts from
// quloud-fuzz NAME [libFuzzer's words]   fuzzes one parser, or replays the files named

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ each: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

func complain(_ message: String) {
    let line = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

func end(_ message: String) -> Never {
    complain(message)
    exit(2)
}

func parser(_ name: String) -> ForeignParser {
    guard let parser = ForeignParser.all.first(where: { $0.name == name }) else { end("no parser is called \(name)") }
    return parser
}

func writeSamples(of parser: ForeignParser, to folder: String) throws {
    for (index, sample) in try parser.samples().enumerated() {
        guard parser.take(sample) == .taken || index > 0 else { end("\(parser.name): its first sample is not taken") }
        guard let file = fopen("\(folder)/sample-\(index)", "w") else { end("cannot write to \(folder)") }
        fwrite(sample, 1, sample.count, file)
        fclose(file)
    }
}

// SAFETY: set once, before the fuzzer calls anything, and this process has one thread.
nonisolated(unsafe) var chosen = ForeignParser.all[0]

let words = CommandLine.arguments
switch words.dropFirst().first {
case "list": for parser in ForeignParser.all { print(parser.name) }
case "samples" where words.count == 4: try writeSamples(of: parser(words[2]), to: words[3])
case let name?:
    chosen = parser(name)
    let rest = [words[0]] + words.dropFirst(2)
    var count = CInt(rest.count)
    // libFuzzer may replace the words, and keeps them for as long as the process lives.
    let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: rest.count + 1)
    for (index, word) in rest.enumerated() { copies[index] = strdup(word) }
    copies[rest.count] = nil
    var pointer = copies
    exit(
        runDriver(&count, &pointer) { start, size in
            let verdict = chosen.take(Array(UnsafeBufferPointer(start: start, count: size)))
            if case .broken(let promise) = verdict {
                complain("broken promise of \(chosen.name): \(promise)")
                abort()
            }
            return 0
        })
case nil: end("usage: quloud-fuzz list | samples NAME FOLDER | NAME [words of libFuzzer]")
}
