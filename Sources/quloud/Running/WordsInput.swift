import Glibc
import QuloudDaemon
import QuloudSystem

/// Where `quloud recover` gets the recovery words from. Reading blocks: it belongs on a thread that may wait.
enum WordsInput {
    /// More than any 24 words with their numbers.
    private static let sizeMax = 64 << 10

    static func read(_ source: RecoverCommand.Words, _ session: Session) throws -> [String] {
        switch source {
        case .terminal:
            do {
                return try asking { try Terminal.ask($0) }
            } catch let error as TerminalError {
                throw Failure(
                    .failed, "recovery words: \(error)",
                    hint: "give them with --words-file FILE, or with --words-file - on standard input")
            }
        case .file(let file):
            let bytes = try SmallFile.readSecret(session.absolute(file), sizeMax: sizeMax)
            return TypedWords.parse(String(decoding: bytes, as: UTF8.self))
        case .standardInput: return TypedWords.parse(try standardInput())
        }
    }

    /// Asks until there are 24 words, and again for each that is not in the list.
    static func asking(_ ask: (String) throws -> String) throws -> [String] {
        var words: [String] = []
        while words.count < TypedWords.count {
            words += TypedWords.parse(try ask("recovery words, from word \(words.count + 1) on: "))
        }
        while let (position, nearest) = TypedWords.unknown(in: words) {
            let guess = nearest.isEmpty ? "" : " (\(nearest.joined(separator: ", "))?)"
            let again = TypedWords.parse(try ask("word \(position) is not in the list\(guess); once more: "))
            if again.count == 1 { words[position - 1] = again[0] }
        }
        return words
    }

    private static func standardInput() throws -> String {
        var bytes = [UInt8](repeating: 0, count: sizeMax)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(STDIN_FILENO, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            let code = errno
            if count < 0, code == EINTR { continue }
            guard count >= 0 else {
                throw Failure(
                    .failed, "cannot read the recovery words from standard input: \(Errno(code, "read").message)",
                    hint: "give them with --words-file FILE")
            }
            if count == 0 { break }
            filled += count
        }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }
}
