import CTOML

/// A value of a TOML file, as far as a configuration uses them.
package enum TOMLValue: Sendable, Equatable {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case time
    case array([TOMLValue])
    case table
}

/// One table or one key of a TOML file.
package struct TOMLEntry: Sendable, Equatable {
    /// The dotted path from the root; a part that is not a bare key is in double quotes.
    package let path: String
    /// What stands there; `.table` for a table.
    package let value: TOMLValue
    /// Counts from 1.
    package let line: Int
}

/// Why a text is not TOML.
package struct TOMLError: Error, Equatable {
    /// What toml++ says.
    package let message: String
    /// Counts from 1; 0 when unknown.
    package let line: Int
    /// Counts from 1; 0 when unknown.
    package let column: Int
}

/// Parses TOML 1.0.
package enum TOMLDocument {
    /// Every table and every key of `bytes`, in the order of the text.
    package static func entries(of bytes: [UInt8]) throws(TOMLError) -> [TOMLEntry] {
        var problem = ctoml_error()
        let parsed = bytes.withUnsafeBytes { buffer in
            ctoml_parse(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, &problem)
        }
        guard let document = parsed else {
            let message = withUnsafeBytes(of: &problem.message) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw TOMLError(message: message, line: Int(problem.line), column: Int(problem.column))
        }
        defer { ctoml_free(document) }
        return (0..<ctoml_count(document)).compactMap { entry(at: $0, of: document) }
    }

    private static func entry(at index: Int, of document: OpaquePointer) -> TOMLEntry? {
        var raw = ctoml_value()
        guard ctoml_entry(document, index, &raw) else { return nil }
        let value: TOMLValue
        if raw.type == CTOML_ARRAY {
            let elements = (0..<raw.count).compactMap { element -> TOMLValue? in
                var inner = ctoml_value()
                return ctoml_element(document, index, element, &inner) ? scalar(inner) : nil
            }
            value = .array(elements)
        } else {
            value = scalar(raw)
        }
        return TOMLEntry(path: text(raw.path, raw.path_length), value: value, line: Int(raw.line))
    }

    /// Arrays within arrays come out empty: no configuration key takes them.
    private static func scalar(_ raw: ctoml_value) -> TOMLValue {
        switch raw.type {
        case CTOML_STRING: .string(text(raw.string, raw.string_length))
        case CTOML_INTEGER: .integer(Int(raw.integer))
        case CTOML_FLOAT: .number(raw.number)
        case CTOML_BOOLEAN: .boolean(raw.boolean)
        case CTOML_TIME: .time
        case CTOML_ARRAY: .array([])
        default: .table
        }
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }
}
