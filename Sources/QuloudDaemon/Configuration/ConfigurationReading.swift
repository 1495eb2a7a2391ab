/// What is wrong with a value; the caller knows where it stood.
package struct ValueProblem: Error, Sendable, Equatable {
    /// Starts with the value, unless that might be a secret.
    package let message: String

    init(_ message: String) { self.message = message }
}

extension ConfigurationKey {
    /// Reads a value that stood in a file.
    func value(of toml: TOMLValue) throws(ValueProblem) -> ConfigurationValue {
        switch (kind, toml) {
        case (.flag, .boolean(let flag)): return .flag(flag)
        case (.flag, _): throw ValueProblem("\(toml.text) is not true or false")
        case (.number, .integer(let number)), (.bytes, .integer(let number)): return try checked(number)
        case (.number, _): throw ValueProblem("\(toml.text) is not a whole number")
        case (.list, .array), (.broker, .array): return try checked(list(toml))
        case (.list, _): throw ValueProblem("\(toml.text) is not a list; write for example [\"*.tmp\", \"*.iso\"]")
        case (_, .string(let text)): return try value(of: text)
        case (.bytes, _): throw notSize(toml.text)
        case (.duration, _): throw notDuration(toml.text)
        case (.broker, _): throw ValueProblem("\(toml.text) is neither a string nor a list of strings")
        case (.text, _), (.path, _), (.choice, _): throw ValueProblem("\(toml.text) is not a string")
        }
    }

    /// Reads a value that stood in an environment variable or behind a flag. Lists are separated by commas.
    package func value(of text: String) throws(ValueProblem) -> ConfigurationValue {
        switch kind {
        case .text(let check):
            if let complaint = check(text) { throw ValueProblem("\(quoted(text)) \(complaint)") }
            return .text(text)
        case .path:
            if text.contains("\0") { throw ValueProblem("\(quoted(text)) contains a NUL character") }
            if text.hasPrefix("~"), text != "~", !text.hasPrefix("~/") {
                throw ValueProblem("\(quoted(text)) starts with \"~\", which stands for the home folder only as \"~/\"")
            }
            return .text(text)
        case .flag:
            guard let flag = Bool(text) else { throw ValueProblem("\(quoted(text)) is not true or false") }
            return .flag(flag)
        case .number:
            guard let number = Int(text) else { throw ValueProblem("\(quoted(text)) is not a whole number") }
            return try checked(number)
        case .bytes:
            guard let bytes = ByteSize.parse(text) else { throw notSize(quoted(text)) }
            return try checked(bytes)
        case .duration(let range):
            guard let duration = DurationText.parse(text) else { throw notDuration(quoted(text)) }
            guard range.contains(duration) else {
                let bounds = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
                throw ValueProblem("\(quoted(text)) is out of range; allowed are \(bounds.0) to \(bounds.1)")
            }
            return .duration(duration)
        case .choice(let names):
            guard names.contains(text) else {
                throw ValueProblem("\(quoted(text)) is not one of \(names.map(quoted).joined(separator: ", "))")
            }
            return .text(text)
        case .list, .broker:
            return try checked(
                text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
        }
    }

    private func checked(_ number: Int) throws(ValueProblem) -> ConfigurationValue {
        switch kind {
        case .number(let range) where !range.contains(number):
            throw ValueProblem("\(number) is out of range; allowed are \(range.lowerBound) to \(range.upperBound)")
        case .bytes(let range) where !range.contains(number):
            let bounds = (ByteSize.text(range.lowerBound), ByteSize.text(range.upperBound))
            throw ValueProblem("\(ByteSize.text(number)) is out of range; allowed are \(bounds.0) to \(bounds.1)")
        default:
            return .number(number)
        }
    }

    private func checked(_ list: [String]) throws(ValueProblem) -> ConfigurationValue {
        if case .list(let check) = kind {
            for element in list {
                if let complaint = check(element) { throw ValueProblem("\(quoted(element)) \(complaint)") }
            }
            return .list(list)
        }
        guard list != ["embedded"] else { return .list(list) }
        if list.isEmpty { throw ValueProblem("names no broker; write \"embedded\" or an address") }
        if list.contains("embedded") { throw ValueProblem("\"embedded\" cannot stand beside other addresses") }
        for url in list {
            // The part before the @ may hold a password, so the address is not repeated.
            if url.contains("@") {
                throw ValueProblem("an address must not hold a user or a password; use user and password_file")
            }
            if let complaint = ConfigurationCheck.brokerURL(url) { throw ValueProblem("\(quoted(url)) \(complaint)") }
        }
        return .list(list)
    }

    private func list(_ toml: TOMLValue) throws(ValueProblem) -> [String] {
        guard case .array(let elements) = toml else { return [] }
        var list: [String] = []
        for element in elements {
            guard case .string(let text) = element else {
                throw ValueProblem("\(element.text) in the list is not a string")
            }
            list.append(text)
        }
        return list
    }

    private func notSize(_ text: String) -> ValueProblem {
        ValueProblem("\(text) is not a size; write for example \"20 GiB\"")
    }

    private func notDuration(_ text: String) -> ValueProblem {
        ValueProblem("\(text) is not a duration; write for example \"30d\"")
    }
}

extension TOMLValue {
    /// The value as a message names it.
    var text: String {
        switch self {
        case .string(let text): quoted(text)
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .boolean(let flag): String(flag)
        case .time: "a date or time"
        case .array: "a list"
        case .table: "a table"
        }
    }
}

/// `text` in double quotes, as TOML writes it; long texts are cut.
func quoted(_ text: String) -> String {
    let shown = text.count > 80 ? text.prefix(80) + "…" : Substring(text)
    return TOMLText.quote(String(shown))
}
