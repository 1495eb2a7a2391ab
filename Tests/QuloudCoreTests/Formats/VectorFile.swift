import Glibc
import QuloudCrypto
import Testing

/// A text file of named values in the folder `Vectors`.
struct VectorFile {
    private(set) var lines: [String] = []

    mutating func note(_ text: String) { lines += lines.isEmpty ? ["# \(text)"] : ["", "# \(text)"] }
    mutating func put(_ name: String, _ bytes: some Collection<UInt8>) { put(name, text: Hex.encode(bytes)) }
    mutating func put(_ name: String, _ number: some BinaryInteger) { put(name, text: String(number)) }
    mutating func put(_ name: String, text: String) { lines.append("\(name) = \(text)") }

    var text: String { lines.joined(separator: "\n") + "\n" }

    /// The values of a text by name.
    static func values(of text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let sign = line.firstRange(of: " = ") else { continue }
            values[String(line[..<sign.lowerBound])] = String(line[sign.upperBound...])
        }
        return values
    }

    static var isWriting: Bool { getenv("QULOUD_WRITE_VECTORS") != nil }

    static func path(_ name: String, from file: String = #filePath) -> String {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(folder)/Vectors/\(name)"
    }

    static func read(_ name: String) throws -> String {
        let file = try #require(fopen(path(name), "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func write(_ name: String) throws {
        let file = try #require(fopen(Self.path(name), "w"))
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    /// Compares with the file, or writes it.
    func check(_ name: String) throws {
        if Self.isWriting { return try write(name) }
        #expect(try Self.read(name) == text, "\(name) does not hold what the code makes")
    }
}
