/// Sizes in bytes as people write them: "20 GiB", "512 MiB", "1.5 TB", 4096.
package enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1),
    ]

    /// The number of bytes, or nil when `text` is not a size or does not fit. Units are case-insensitive;
    /// a number without a unit is bytes.
    package static func parse(_ text: String) -> Int? {
        let trimmed = text.filter { $0 != " " }
        let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = trimmed.dropFirst(digits.count).lowercased()
        guard let factor = unit.isEmpty ? 1 : units.first(where: { $0.name.lowercased() == unit })?.bytes else {
            return nil
        }
        if let whole = Int(digits) {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
            return overflow ? nil : bytes
        }
        guard factor > 1, digits.first != ".", digits.last != ".", let fraction = Double(digits) else { return nil }
        return Int(exactly: (fraction * Double(factor)).rounded())
    }

    /// The shortest exact text that `parse` reads back: "20 GiB", "1000 B".
    package static func text(_ bytes: Int) -> String {
        let unit = units.prefix(4).first { bytes >= $0.bytes && bytes.isMultiple(of: $0.bytes) }
        guard let unit else { return "\(bytes) B" }
        return "\(bytes / unit.bytes) \(unit.name)"
    }
}
