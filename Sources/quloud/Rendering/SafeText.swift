/// Text from elsewhere, such as file names, that must not steer a terminal.
enum SafeText {
    /// `text` on one line; control characters, and those that reverse the direction of writing, as `\u{…}`.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same for a name that need not be UTF-8; other bytes as `\xff`.
    static func line(bytes: some Sequence<UInt8>) -> String {
        var result = ""
        var decoder = UTF8Parts(bytes: Array(bytes)[...])
        while let part = decoder.next() {
            switch part {
            case .text(let scalar): result += line(String(Character(scalar)))
            case .byte(let byte): result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

/// Cuts bytes into characters and bytes that are none.
private struct UTF8Parts {
    enum Part {
        case text(Unicode.Scalar)
        case byte(UInt8)
    }

    var bytes: ArraySlice<UInt8>

    mutating func next() -> Part? {
        guard let first = bytes.first else { return nil }
        for length in 1...4 where bytes.count >= length {
            let text = String(validating: bytes.prefix(length), as: UTF8.self)
            guard let scalar = text?.unicodeScalars.first else { continue }
            bytes = bytes.dropFirst(length)
            return .text(scalar)
        }
        bytes = bytes.dropFirst()
        return .byte(first)
    }
}
