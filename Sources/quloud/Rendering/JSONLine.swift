import FoundationEssentials

/// A report on one line of JSON: fields sorted by name, so that lines can be compared.
enum JSONLine {
    /// "" for a value that JSON cannot express, such as an infinite number.
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
