/// A JSON value to write: log lines and results. Fields keep their order.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    /// Written as null when it is not finite.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Field])

    /// One field of an object.
    package struct Field: Sendable, Equatable {
        /// Its key.
        package let name: String
        /// What it holds.
        package let value: JSONValue

        /// A field of an object.
        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The value on one line, without a line break at its end.
    package var text: String {
        var result = ""
        write(to: &result)
        return result
    }

    /// Appends the value on one line.
    package func write(to result: inout String) {
        switch self {
        case .null: result += "null"
        case .bool(let flag): result += flag ? "true" : "false"
        case .integer(let number): result += String(number)
        case .number(let number): result += number.isFinite ? String(number) : "null"
        case .string(let text): Self.writeString(text, to: &result)
        case .array(let elements):
            result += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { result += "," }
                element.write(to: &result)
            }
            result += "]"
        case .object(let fields):
            result += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { result += "," }
                Self.writeString(field.name, to: &result)
                result += ":"
                field.value.write(to: &result)
            }
            result += "}"
        }
    }

    private static func writeString(_ text: String, to result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // Line separators and the delete character are legal, but confuse those that read line by line.
            case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Field($0.0, $0.1) })
    }
    package init(nilLiteral: ()) { self = .null }
}
